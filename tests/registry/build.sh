#!/bin/sh
# Builds the registry that the tests of artifacts use, unless the cache has it, and prints its path.
# K8SHAWK_CACHE moves the cache.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
version=$(cat "$here/main.go" "$here/go.sum" | sha256sum | cut -c -12)
cache=${K8SHAWK_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/k8shawk}/registry/$version
if [ ! -x "$cache/registry" ]; then
    command -v go >/dev/null || { echo "go is needed to build the registry of the tests" >&2; exit 1; }
    mkdir -p "$cache"
    exec 9>"$cache/.lock"
    flock 9
    if [ ! -x "$cache/registry" ]; then
        echo "building the registry of the tests (90 s of processor time; once per version)" >&2
        (cd "$here" && CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly" \
            nice -n 5 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$cache/.registry.new" .)
        mv -f "$cache/.registry.new" "$cache/registry"
    fi
fi
echo "$cache/registry"
