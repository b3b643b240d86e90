#!/usr/bin/env bash
# The generated files of the chart and the kustomization: rights, grants, alerts, the rendered defaults.
# A test compares them with what this would write.
set -euo pipefail
cd "$(dirname "$0")/.."
chart=deploy/helm/k8shawk
helm=$(tests/cluster/build.sh helm)/helm
mkdir -p "$chart/files/grants"
cp deploy/grants/*.toml "$chart/files/grants/"
cp deploy/prometheus/alerts.yaml "$chart/files/"
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
binary=$PWD/target/dist/k8shawk
(cd "$empty" && "$binary" rbac -o rights) >"$empty/rights" && cp "$empty/rights" "$chart/files/rights.yaml"
"$helm" template k8shawk "$chart" --namespace k8shawk >"$empty/all" && cp "$empty/all" deploy/kustomize/k8shawk.yaml
