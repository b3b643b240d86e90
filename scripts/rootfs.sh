#!/usr/bin/env bash
# Lay out the file system of the image: a binary, and beside it what `make build` made. A binary
# that is not static brings the libraries that it names. `owned` has the directory that the program
# may write, for each place where it has one.
# usage: rootfs.sh <binary> <directory>
set -euo pipefail
cd "$(dirname "$0")/.."
binary=$1 root=$2/rootfs owned=$2/owned
dist=target/dist

rm -rf "$root" "$owned"
mkdir -p "$root"/{opt/k8shawk,etc/ssl/certs,run,var/lib,var/cache} "$owned"
# Nobody else needs to read it.
mkdir -m 700 "$owned/k8shawk"
cp -r "$dist"/{plugins,policies,grants,k8shawk.toml} "$root/opt/k8shawk/"
install -m 755 "$binary" "$root/opt/k8shawk/k8shawk"
# The names of functions are a quarter of it. A foreign binary came without them.
strip "$root/opt/k8shawk/k8shawk" 2>/dev/null || true
install -m 644 LICENSE "$root/opt/k8shawk/"
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo 'k8shawk:x:65532:65532:K8sHawk:/var/lib/k8shawk:/sbin/nologin' >"$root/etc/passwd"
echo 'k8shawk:x:65532:' >"$root/etc/group"

if libraries=$(ldd "$binary" 2>/dev/null | grep -o '/[^ ]*'); then
  for library in $libraries; do
    install -D -m 755 "$library" "$root$library"
  done
fi
(cd "$root/opt/k8shawk" && find plugins policies -name '*.wasm' | sort | xargs sha256sum >components.sha256)
