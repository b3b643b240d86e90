#!/usr/bin/env bash
# Everything that the product sends, and the Slack of the tests, judged by Slack's own SDKs.
# usage: judge.sh [the `slack` binary of k8shawk-tests]
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${1:-target/release/slack}")
home=$(realpath target/slack)
"$binary" messages >"$home/messages.json"
"$home/venv/bin/python" tests/slack/judge_blocks.py "$home/messages.json"
"$home/venv/bin/python" tests/slack/judge_server.py "$binary"
cp tests/slack/judge_types.mjs tests/slack/judge_bolt.cjs "$home/js/"
(cd "$home/js" && node judge_types.mjs "$home/messages.json" && node judge_bolt.cjs)
