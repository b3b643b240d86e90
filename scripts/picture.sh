#!/usr/bin/env bash
# docs/src/images/demo.svg: the first incident of `k8shawk demo`, as a terminal shows it. Needs Go, `make build`
# before, and the tool that draws it: run it if the demo's output changes.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOBIN=${K8SHAWK_CACHE:-$HOME/.cache/k8shawk}/bin
[[ -x $GOBIN/freeze ]] || go install github.com/charmbracelet/freeze@v0.2.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
demo=$PWD/target/dist/k8shawk
picture=$PWD/docs/src/images/demo.svg
cd "$work"
# A terminal, so that there are colours; y approves the fix that waits.
{ sleep 12; printf y; sleep 6; } | timeout 60 script -qc "stty cols 100 rows 60; '$demo' demo" shown >/dev/null || true
# The first incident alone: from its heading to that of the second, without carriage returns.
sed -n '/1 of 5/,/2 of 5/p' shown | tr -d '\r' | sed '$d' | sed '$d' > first.ansi
"$GOBIN/freeze" first.ansi --language ansi --background '#171717' --window --padding 20 --border.radius 8 --font.size 13 -o drawn.svg
# Without the font that it embeds: 350 KB, and every reader has one of fixed width.
sed -e '/<style>/,/<\/style>/d' -e '0,/^<svg/s|^\(<svg[^>]*>\)|\1<rect width="100%" height="100%" rx="8" fill="#171717"/>|' \
  -e 's/font-family="JetBrains Mono"/font-family="JetBrains Mono, DejaVu Sans Mono, Menlo, Consolas, monospace"/' \
  drawn.svg > "$picture"
