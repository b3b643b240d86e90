#!/usr/bin/env bash
# Everything that the Rust build needs on a fresh Debian machine with rustup. Fast when nothing
# is missing.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
command -v git >/dev/null || missing+=(git)
if ((${#missing[@]})); then "$(dirname "$0")/packages.sh" "${missing[@]}"; fi
# Rustup does not install the toolchain of rust-toolchain.toml where automatic installation is off.
cd "$(dirname "$0")/.."
channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
quoted() { sed -n "s/^$1 = \[\(.*\)\]/\1/p" rust-toolchain.toml | grep -o '"[^"]*"' | tr -d '"'; }
installed=$(rustup toolchain list)
grep -q "^$channel-" <<<"$installed" || rustup toolchain install "$channel" --profile minimal --no-self-update
installed=$(rustup target list --installed --toolchain "$channel")
for target in $(quoted targets); do
  grep -qx "$target" <<<"$installed" || rustup target add --toolchain "$channel" "$target"
done
installed=$(rustup component list --installed --toolchain "$channel")
for component in $(quoted components); do
  grep -q "^$component" <<<"$installed" || rustup component add --toolchain "$channel" "$component"
done
