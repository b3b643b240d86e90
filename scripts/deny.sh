#!/usr/bin/env bash
# Licences, sources and duplicate versions of the dependencies, by cargo-deny, without a network.
# Advisories are scripts/advisories.sh: their database is another download, which neither a build nor
# a test may depend on.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/cargo-deny.sh
# It reads every package of the lock file, those for other systems too.
cargo fetch --locked --quiet
cargo deny --offline check licenses bans sources
