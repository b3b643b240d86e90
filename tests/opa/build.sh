#!/bin/sh
# Builds the program that compiles the reference policy with OPA, unless the cache has it, and prints its path.
# K8SHAWK_CACHE moves the cache.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
. "$here/../go_program.sh"
go_program opa "OPA for the benchmark" "a minute of processor time"
