#!/bin/sh
# Builds the registry that the tests of artifacts use, unless the cache has it, and prints its path.
# K8SHAWK_CACHE moves the cache.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
. "$here/../go_program.sh"
go_program registry "the registry of the tests" "90 s of processor time"
