#!/usr/bin/env bash
# rustc for `make fuzz`: our crates count what an input reaches, and check their arithmetic.
# Dependencies do not come here (RUSTC_WORKSPACE_WRAPPER), so none is built again.
set -euo pipefail
arguments=" $* "
case "$arguments" in
*" --crate-name build_script_"* | *" --crate-name ___ "*) exec "$@" ;;
*" --crate-name fuzz "*) link=(-C "link-arg=$FUZZ_ENGINE" -C link-arg=-lstdc++ -C link-arg=-Wl,-z,nostart-stop-gc) ;;
*" --crate-type bin "* | *" --test "*) exec "$@" ;;
*) link=() ;;
esac
exec "$@" -C passes=sancov-module \
  -C llvm-args=-sanitizer-coverage-level=4 \
  -C llvm-args=-sanitizer-coverage-inline-8bit-counters \
  -C llvm-args=-sanitizer-coverage-pc-table \
  -C llvm-args=-sanitizer-coverage-trace-compares \
  -C debug-assertions=on -C overflow-checks=on "${link[@]}"
