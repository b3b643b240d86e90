#!/usr/bin/env bash
# Prints how many signatures Bolt checks in a second. usage: bench_bolt.sh <secret> <body>
set -euo pipefail
cd "$(dirname "$0")"
home=$(./setup.sh)
NODE_PATH=$home/js/node_modules node bench_bolt.cjs "$1" "$2"
