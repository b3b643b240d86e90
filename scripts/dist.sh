#!/usr/bin/env bash
# Lay out a relocatable directory: the binary with all that it looks for beside itself.
# usage: dist.sh <directory> "<plugins>" "<policies>"
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$1 plugins=$2 policies=$3
mkdir -p "$dist"
install_changed() { cmp -s "$1" "$2" || { mkdir -p "$(dirname "$2")"; cp "$1" "$2.new"; mv "$2.new" "$2"; }; }
component() { # <source directory> <id> <place>
  target/release/k8shawk policy build "$1" --to "$dist/$3"
  install_changed "deploy/grants/$2.toml" "$dist/grants/$2.toml"
}
for id in $plugins; do component "plugins/$id" "$id" plugins; done
for id in $policies; do component "policies/$id" "$id" policies; done
install_changed deploy/grants/model.toml "$dist/grants/model.toml"
install_changed target/release/k8shawk "$dist/k8shawk"
install_changed deploy/k8shawk.toml "$dist/k8shawk.toml"
# What may be fixed in the demo: the grants as shipped, and its own in place of two of them.
for grant in deploy/grants/*.toml deploy/demo/*.toml; do
  [[ $grant == deploy/grants/* && -f deploy/demo/${grant##*/} ]] || install_changed "$grant" "$dist/demo/grants/${grant##*/}"
done
for bundle in tests/incidents/*.json; do
  [[ ! -f $bundle ]] || install_changed "$bundle" "$dist/incidents/$(basename "$bundle")"
done
