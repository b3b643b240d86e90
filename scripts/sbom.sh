#!/usr/bin/env bash
# The crates that the binary is made of, as CycloneDX JSON on standard output: what the lock file
# holds and the target links, without tools of the build and of tests.
# usage: sbom.sh <target triple>
set -euo pipefail
cd "$(dirname "$0")/.."
cargo metadata --format-version 1 --locked --filter-platform "$1" | jq '
  (.packages | map({key: .id, value: .}) | from_entries) as $packages
  | (.resolve.nodes
     | map({key: .id, value: [.deps[] | select(any(.dep_kinds[]; .kind == null)) | .pkg]})
     | from_entries) as $needs
  | def reach($seen; $next):
      if ($next | length) == 0 then $seen
      else ($seen + $next | unique) as $known
        | reach($known; ([$next[] | $needs[.][]] | unique) - $known) end;
  [.packages[] | select(.name == "k8shawk") | .id] as $root
  | reach([]; $root) as $all
  | def ref($id): $packages[$id] | "pkg:cargo/\(.name)@\(.version)";
  { bomFormat: "CycloneDX", specVersion: "1.6", version: 1,
    metadata: { component: ($packages[$root[0]]
      | {type: "application", "bom-ref": ref(.id), name, version, purl: ref(.id)}) },
    components: [$all[] | select(. != $root[0]) | $packages[.]
      | {type: "library", "bom-ref": ref(.id), name, version, purl: ref(.id)}
        + (if .license then {licenses: [{expression: (.license | gsub("/"; " OR "))}]} else {} end)],
    dependencies: [$all[] | {ref: ref(.), dependsOn: [$needs[.][] | ref(.)] | unique}] }'
