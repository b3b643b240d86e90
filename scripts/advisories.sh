#!/usr/bin/env bash
# Known vulnerabilities, yanked versions and unmaintained dependencies of Cargo.lock, by cargo-deny.
# It downloads the database of https://rustsec.org. Exceptions stand in deny.toml, each with its reason.
# ADVISORY_DB=<clone of rustsec/advisory-db>: that copy as it is, and no download.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/cargo-deny.sh
if [[ -z "${ADVISORY_DB:-}" ]]; then
  exec cargo deny check advisories
fi
config=$(mktemp)
home=$(mktemp -d)
trap 'rm -rf "$config" "$home"' EXIT
# Only a clone over a URL is known to cargo-deny.
sed "s|^db-urls = .*|db-urls = [\"file://$(realpath "$ADVISORY_DB")\"]|; s|^db-path = .*|db-path = \"$home\"|" deny.toml >"$config"
cargo deny check --config "$config" advisories
