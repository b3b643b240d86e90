#!/usr/bin/env bash
# cargo-deny of the version that deny.toml is written for. Fast when it is there.
set -euo pipefail
version=0.20.2
if [[ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $version" ]]; then
  cargo install --locked --quiet --version "$version" --no-default-features cargo-deny
fi
