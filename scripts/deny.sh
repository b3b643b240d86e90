#!/usr/bin/env bash
# Licences, sources and duplicate versions of the dependencies, by cargo-deny. The advisory
# database is not asked for: it is another download, which a build must not depend on.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.20.2
if [[ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $version" ]]; then
  cargo install --locked --quiet --version "$version" --no-default-features cargo-deny
fi
cargo deny --offline check licenses bans sources
