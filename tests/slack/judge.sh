#!/usr/bin/env bash
# Everything that the product sends, and the Slack of the tests, judged by Slack's own SDKs.
# usage: judge.sh <the `slack` binary of k8shawk-tests>
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")"
home=$(./setup.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$binary" messages >"$work/messages.json"
"$home/venv/bin/python" judge_blocks.py "$work/messages.json"
"$home/venv/bin/python" judge_server.py "$binary"
cp judge_types.mjs judge_bolt.cjs "$work/"
ln -s "$home/js/node_modules" "$work/node_modules"
cd "$work"
node judge_types.mjs messages.json
node judge_bolt.cjs messages.json
