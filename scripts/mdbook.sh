#!/usr/bin/env bash
# mdBook of a pinned version, without its server. Fast when it is there; two minutes on two cores otherwise.
set -euo pipefail
version=0.5.4
if [[ "$(mdbook --version 2>/dev/null)" != "mdbook v$version" ]]; then
  cargo install --locked --quiet --version "$version" --no-default-features --features search mdbook
fi
