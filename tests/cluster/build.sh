#!/bin/sh
# Builds the programs of the real-cluster harness that the cache lacks, and prints the cache directory.
# Usage: build.sh [program...]      (default: all of them)
# K8SHAWK_CACHE moves the cache. etcd, kube-apiserver and kubectl in KUBEBUILDER_ASSETS are used as they are.
set -eu

version=v1.37.2
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
cache=${K8SHAWK_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/k8shawk}/cluster/$version
[ $# -gt 0 ] || set -- kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl kwok helm

present() {
    [ -x "$cache/$1" ] && { [ "$1" != kwok ] || [ -d "$cache/kwok-stages" ]; } && return
    case $1 in
    kube-apiserver | kubectl) [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$1" ] ;;
    *) false ;;
    esac
}

go_build() { # module directory, package, program, linker flags
    echo "building $3 (minutes on a small machine; once per version)" >&2
    (cd "$here/$1" && CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly" \
        nice -n 5 go build -trimpath -buildvcs=false -tags "" -ldflags "-s -w $4" -o "$cache/.$3.$$" "$2")
    mv -f "$cache/.$3.$$" "$cache/$3"
}

kubernetes() {
    minor=${version#v1.}
    stamp=k8s.io/component-base/version
    go_build kubernetes "k8s.io/kubernetes/cmd/$1" "$1" \
        "-X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=${minor%%.*}"
}

# kwok's module carries the stages (how a fake node or pod changes) beside its source.
kwok() {
    [ -x "$cache/kwok" ] || go_build kwok sigs.k8s.io/kwok/cmd/kwok kwok ""
    source=$(cd "$here/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)
    rm -rf "$cache/.kwok-stages.$$"
    mkdir "$cache/.kwok-stages.$$"
    for stage in node/fast/node-initialize node/heartbeat/node-heartbeat \
        pod/fast/pod-ready pod/fast/pod-complete pod/fast/pod-delete; do
        install -m 644 "$source/kustomize/stage/$stage.yaml" "$cache/.kwok-stages.$$/"
    done
    mv "$cache/.kwok-stages.$$" "$cache/kwok-stages"
}

mkdir -p "$cache"
missing=
for program; do present "$program" || missing="$missing $program"; done
if [ -n "$missing" ]; then
    command -v go >/dev/null || { echo "go is needed to build$missing" >&2; exit 1; }
    exec 9>"$cache/.lock"
    flock 9
    rm -f "$cache"/.*.[0-9]*
    for program in $missing; do
        present "$program" && continue
        case $program in
        kwok) kwok ;;
        helm) go_build helm helm.sh/helm/v4/cmd/helm helm "" ;;
        kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kubectl) kubernetes "$program" ;;
        *) echo "unknown program $program" >&2; exit 1 ;;
        esac
    done
fi
echo "$cache"
