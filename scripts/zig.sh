#!/usr/bin/env bash
# What a static build for amd64 and arm64 needs: zig as the C compiler, cargo-zigbuild, the targets.
set -euo pipefail
command -v cargo-zigbuild >/dev/null && python3 -c 'import ziglang' 2>/dev/null ||
  pip install --quiet ziglang==0.15.2 cargo-zigbuild
installed=$(rustup target list --installed)
for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl; do
  grep -qx "$target" <<<"$installed" || rustup target add "$target"
done
