#!/bin/sh
# Installs the Debian packages that the tests need and this machine lacks. Quick when none is missing.
set -eu

missing=
need() { # package, a file or program that it brings
    case $2 in
    /*) [ -e "$2" ] || missing="$missing $1" ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$2" >/dev/null || missing="$missing $1" ;;
    esac
}
need containerd containerd
need runc runc
need containernetworking-plugins /usr/lib/cni/bridge
need iptables iptables
need busybox-static /bin/busybox
need conntrack conntrack
need iproute2 ip
need buildah buildah
need jq jq
need openssl openssl
need espeak-ng espeak-ng
need lame lame
need prometheus promtool
need util-linux flock
need mount mount
need gcc gcc
need make make
need pkg-config pkg-config
need git git
need python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
[ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/etcd" ] || need etcd-server etcd

[ -n "$missing" ] || exit 0
echo "installing$missing" >&2
# The harness runs its own containerd and etcd: the packages must not start theirs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086 # one word per package
"$(dirname "$0")/../../scripts/packages.sh" $missing
# Nor at the next start of the machine: the tests run their own.
case $missing in
*" prometheus"*) command -v systemctl >/dev/null && systemctl disable prometheus >&2 || true ;;
esac
