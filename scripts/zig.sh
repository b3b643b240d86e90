#!/usr/bin/env bash
# What a static build for amd64 and arm64 needs: the targets, and zig as the C compiler with
# cargo-zigbuild, both in an environment of their own. Prints the directory of their programs.
set -euo pipefail
installed=$(rustup target list --installed)
for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl; do
  grep -qx "$target" <<<"$installed" || rustup target add "$target" >&2
done
zig=${K8SHAWK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/k8shawk}/zig-0.15.2
if ! [ -x "$zig/bin/cargo-zigbuild" ]; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || "$(dirname "$0")/packages.sh" python3-venv
  rm -rf "$zig"
  python3 -m venv "$zig"
  "$zig/bin/pip" install --quiet ziglang==0.15.2 cargo-zigbuild==0.24.1 >&2
fi
echo "$zig/bin"
