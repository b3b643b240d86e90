#!/usr/bin/env bash
# Spelling of every tracked text, by codespell: a list of misspellings, so names and terms pass. The
# words that it may not judge are in .codespellrc. Recordings, stored databases, licences and pictures
# are not ours to spell.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v codespell >/dev/null || scripts/packages.sh codespell
git ls-files -z -- . ':!tests/incidents' ':!tests/knowledge-base' ':!tests/stored' \
  ':!tests/hostile/frozen' ':!tests/fuzz/corpus' ':!tests/fuzz/words' ':!docs/src/images' ':!LICENSE' ':!*.lock' | xargs -0 codespell
