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
config=$(mktemp --suffix=.toml)
home=$(mktemp -d)
trap 'rm -rf "$config" "$home"' EXIT
# What was downloaded before stays as it is.
sed "s|^db-path = .*|db-path = \"$home\"|" deny.toml >"$config"
# cargo-deny takes no path, but the git that it runs reads the copy instead of the address.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_VALUE_0=https://github.com/rustsec/advisory-db
export GIT_CONFIG_KEY_0="url.file://$(realpath "$ADVISORY_DB").insteadOf"
cargo deny --config "$config" check advisories
