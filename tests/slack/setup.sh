#!/usr/bin/env bash
# What the judges of Slack need: Slack's own SDKs for Python and JavaScript, and the two programs
# that speak. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
command -v espeak-ng >/dev/null || missing+=(espeak-ng)
command -v lame >/dev/null || missing+=(lame)
command -v python3 >/dev/null || missing+=(python3 python3-venv)
command -v npm >/dev/null || missing+=(nodejs npm)
if ((${#missing[@]})); then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
home=target/slack
mkdir -p "$home"
if [[ ! -e $home/venv/ready ]]; then
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" -q install slack_sdk==3.47.0 slackblocks==3.0.0
  touch "$home/venv/ready"
fi
if [[ ! -e $home/js/ready ]]; then
  mkdir -p "$home/js"
  cp tests/slack/package.json "$home/js/"
  (cd "$home/js" && npm install --no-audit --no-fund --silent)
  touch "$home/js/ready"
fi
