#!/usr/bin/env bash
# Everything that the Rust build needs on a fresh Debian machine with rustup. Fast when nothing
# is missing.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
command -v git >/dev/null || missing+=(git)
if ((${#missing[@]})); then "$(dirname "$0")/packages.sh" "${missing[@]}"; fi
installed=$(rustup target list --installed)
# The plugins are built for the first; a guest of the tests imports WASI.
for target in wasm32-unknown-unknown wasm32-wasip2; do
  grep -qx "$target" <<<"$installed" || rustup target add "$target"
done
installed=$(rustup component list --installed)
for component in clippy rustfmt; do
  grep -q "^$component" <<<"$installed" || rustup component add "$component"
done
