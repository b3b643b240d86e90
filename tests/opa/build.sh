#!/bin/sh
# Builds the program that compiles the reference policy with OPA, unless the cache has it, and prints its path.
# K8SHAWK_CACHE moves the cache.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
version=$(cat "$here/main.go" "$here/go.sum" | sha256sum | cut -c -12)
cache=${K8SHAWK_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/k8shawk}/opa/$version
if [ ! -x "$cache/opa" ]; then
    command -v go >/dev/null || { echo "go is needed to build OPA for the benchmark" >&2; exit 1; }
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    flock 9
    if [ ! -x "$cache/opa" ]; then
        echo "building OPA for the benchmark (a minute of processor time; once per version)" >&2
        (cd "$here" && CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly" \
            nice -n 5 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$cache/.opa.new" .)
        mv -f "$cache/.opa.new" "$cache/opa"
    fi
fi
echo "$cache/opa"
