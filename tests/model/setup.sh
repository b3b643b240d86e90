#!/usr/bin/env bash
# A virtual environment with the official SDKs, kept outside of the checkout. Prints its python.
set -euo pipefail
cache=${K8SHAWK_CACHE:-$HOME/.cache/k8shawk}
venv=$cache/model-sdks
if ! [ -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import openai, anthropic' 2> /dev/null; then
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet 'openai==3.*' 'anthropic==2.*' >&2
fi
echo "$venv/bin/python"
