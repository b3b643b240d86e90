#!/usr/bin/env bash
# Draws messages as Slack shows them, into docs/src/images. Needs chromium, fonts-lato and
# fonts-noto-color-emoji.
# usage: picture.sh messages.json   (as `slack messages` of k8shawk-tests prints it)
set -euo pipefail
messages=$(realpath "$1")
cd "$(dirname "$0")/../.."
command -v chromium >/dev/null || { echo "install chromium" >&2; exit 1; }
draw() { # <file> <height> <names...>
  local file=$1 height=$2
  shift 2
  local hash
  hash=$(python3 -c 'import json, sys, urllib.parse
gallery = dict(json.load(open(sys.argv[1]))["messages"])
print(urllib.parse.quote(json.dumps([gallery[n] for n in sys.argv[2:]])))' "$messages" "$@")
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --window-size=740,"$height" --screenshot="docs/src/images/$file" \
    "file://$PWD/tests/slack/picture.html#$hash" 2>/dev/null
}
mkdir -p docs/src/images
draw slack-waiting.png 670 waiting
draw slack-recovered.png 945 recovered "recovered/applying/1790000060000" "recovered/verdict/recovered"
draw slack-storm.png 610 storm
