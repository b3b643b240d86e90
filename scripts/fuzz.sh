#!/usr/bin/env bash
# fuzz.sh [TARGET...]: each target for FUZZ_SECONDS (600), and one table. What is found is kept in
# target/fuzz/TARGET/found; what reaches more than the corpus did, in target/fuzz/TARGET/corpus.
# KEEP=1 puts the smallest inputs that reach as much into tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD out=$PWD/target/fuzz
seconds=${FUZZ_SECONDS:-600}

# The engine is C++; its crate stands outside of the workspace.
command -v c++ >/dev/null || scripts/packages.sh g++
cargo build --quiet --release --locked --manifest-path tests/fuzz/engine/Cargo.toml --target-dir "$out/engine"
FUZZ_ENGINE=$(find "$out/engine" -name libfuzzer.a -print -quit)
export FUZZ_ENGINE
RUSTC_WORKSPACE_WRAPPER=$root/scripts/fuzz/rustc.sh \
  cargo build --release --workspace --features k8shawk-tests/fuzz --bin fuzz
program=${CARGO_TARGET_DIR:-target}/release/fuzz

targets=("$@")
((${#targets[@]})) || mapfile -t targets < <(ls tests/fuzz/corpus)
failed=0
row() { printf '%-14s %8s %11s %9s %7s %9s %6s\n' "$@"; }
table=$(row target seconds executions "a second" corpus coverage found)
for target in "${targets[@]}"; do
  directory=$out/$target log=$out/$target.log
  mkdir -p "$directory"/{corpus,found}
  options=(-max_len=4096 -timeout=10 -rss_limit_mb=2048 "-artifact_prefix=$directory/found/")
  words=tests/fuzz/words/$target
  [[ -f $words ]] && options+=("-dict=$words")
  echo "$target: $seconds seconds, log in $log" >&2
  start=$SECONDS
  K8SHAWK_FUZZ=$target "$program" "${options[@]}" "-max_total_time=$seconds" -print_final_stats=1 \
    "$directory/corpus" "tests/fuzz/corpus/$target" >"$log" 2>&1 || failed=1
  took=$((SECONDS - start))
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2)
  found=$(find "$directory/found" -type f | wc -l)
  kept=$(find "$directory/corpus" "tests/fuzz/corpus/$target" -type f | wc -l)
  rate=$((${executed:-0} / (took > 0 ? took : 1)))
  table+=$'\n'$(row "$target" "$took" "${executed:-?}" "$rate" "$kept" "${coverage:-?}" "$found")
  if [[ ${KEEP:-} ]]; then
    K8SHAWK_FUZZ=$target "$program" "${options[@]}" -max_len=1024 -set_cover_merge=1 -use_counters=0 \
      "tests/fuzz/corpus/$target" "$directory/corpus" >>"$log" 2>&1
  fi
done
echo "$table"
exit "$failed"
