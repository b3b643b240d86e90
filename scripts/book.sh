#!/usr/bin/env bash
# Builds the book into target/book and checks every link: of the book's pages as they are read, and of
# each Markdown file of the checkout, with anchors. Addresses elsewhere are not asked for.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/mdbook.sh
lychee=$(scripts/lychee.sh)
mdbook build docs
check=("$lychee" --offline --include-fragments --no-progress)
"${check[@]}" --root-dir target/book 'target/book/**/*.html'
git ls-files -z '*.md' | xargs -0 "${check[@]}"
