#!/usr/bin/env bash
# What the judges of Slack need: Slack's own SDKs for Python and JavaScript, kept outside of the
# checkout. Prints their directory. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")"
missing=()
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3 python3-venv)
command -v npm >/dev/null || missing+=(nodejs npm)
if ((${#missing[@]})); then ../../scripts/packages.sh "${missing[@]}"; fi
home=${K8SHAWK_CACHE:-$HOME/.cache/k8shawk}/slack-judges
mkdir -p "$home/js"
if ! "$home/venv/bin/python" -c 'import slack_sdk, slackblocks' 2>/dev/null; then
  python3 -m venv "$home/venv" >&2
  "$home/venv/bin/pip" -q install slack_sdk==3.47.0 slackblocks==3.0.0 >&2
fi
if ! cmp -s package.json "$home/js/installed.json"; then
  cp package.json "$home/js/"
  (cd "$home/js" && npm install --no-audit --no-fund --silent >&2)
  cp package.json "$home/js/installed.json"
fi
echo "$home"
