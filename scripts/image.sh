#!/usr/bin/env bash
# Make the image from a binary that is built already, by buildah without a daemon and without root's
# help of a container runtime, and write it as a docker-archive.
# usage: image.sh <binary> <architecture> <archive> <target triple>
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$1 architecture=$2 archive=$3 triple=$4
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
missing=()
for program in buildah jq; do command -v $program >/dev/null || missing+=($program); done
if ((${#missing[@]})); then scripts/packages.sh "${missing[@]}"; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scripts/rootfs.sh "$binary" "$work/context"
scripts/sbom.sh "$triple" >"$work/context/rootfs/opt/k8shawk/sbom.cdx.json"
buildah() { command buildah --root "$work/root" --runroot "$work/run" --storage-driver vfs "$@"; }
buildah build --quiet --isolation chroot --arch "$architecture" --timestamp 0 \
  --build-arg FILES=prebuilt --label "org.opencontainers.image.version=$version" \
  --tag "k8shawk:$version" --file deploy/image/Dockerfile "$work/context" >/dev/null
mkdir -p "$(dirname "$archive")"
rm -f "$archive"
buildah push --quiet "k8shawk:$version" "docker-archive:$archive:k8shawk:$version"
