#!/usr/bin/env bash
# Draws messages as Slack shows them, into docs/src/images: as wide as on a desktop, and as on a phone.
# Needs chromium, fonts-lato and fonts-noto-color-emoji.
# usage: picture.sh messages.json   (as `slack messages` of k8shawk-tests prints it)
set -euo pipefail
messages=$(realpath "$1")
cd "$(dirname "$0")/../.."
command -v chromium >/dev/null || { echo "install chromium" >&2; exit 1; }
draw() { # <file> <width> <height> <names...>; NAME? is the dialog of the first button of NAME
  local file=$1 width=$2 height=$3 phone="" hash
  shift 3
  hash=$(python3 -c 'import json, sys, urllib.parse
gallery = dict(json.load(open(sys.argv[1]))["messages"])
def shown(name):
    if not name.endswith("?"):
        return gallery[name]
    return {"dialog": gallery[name[:-1]]["blocks"][-1]["elements"][0]["confirm"]}
print(urllib.parse.quote(json.dumps([shown(n) for n in sys.argv[2:]])))' "$messages" "$@")
  if ((width < 500)); then phone="?phone"; fi
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --window-size="$width,$height" --screenshot="docs/src/images/$file" \
    "file://$PWD/tests/slack/picture.html$phone#$hash" 2>/dev/null
}
mkdir -p docs/src/images
draw slack-waiting.png 740 950 waiting "waiting?"
draw slack-recovered.png 740 1130 recovered "recovered/applying/1790000060000" "recovered/output/1790000060000" \
  "recovered/verdict/recovered"
draw slack-storm.png 740 520 storm
draw slack-phone.png 375 1370 waiting
