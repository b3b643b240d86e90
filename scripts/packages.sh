#!/usr/bin/env bash
# Install Debian packages, in silence.
# usage: packages.sh <package>...
set -euo pipefail
apt-get update -qq >&2
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
