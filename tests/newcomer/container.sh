#!/usr/bin/env bash
# A newcomer in a fresh Debian follows a tutorial as it is printed: from the line that installs the
# tools to a host that obeys. Prints a row of Markdown for each language; all six take five minutes.
# Needs root, and Debian's packages; what a language cannot get from Debian (rustup, a newer Go) is
# mounted from this machine, and its installation has no time.
# usage: container.sh <directory laid out by make build> <program "tutorial"> [<language>...]
set -euo pipefail
dist=$(realpath "$1") tutorial=$(realpath "$2")
shift 2
languages=("$@")
((${#languages[@]})) || languages=(javascript typescript python c go rust)
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
command -v debootstrap >/dev/null || "$(dirname "$0")/../../scripts/packages.sh" debootstrap
. /etc/os-release
mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/debian.sources | head -n 1)
debootstrap --variant=minbase --include=ca-certificates,git,time "$VERSION_CODENAME" "$work/debian" "$mirror" >"$work/debootstrap.log"
# How this machine reaches its package registries.
for file in /etc/apt /etc/ssl/certs/ca-certificates.crt /etc/resolv.conf /etc/hosts /etc/pip.conf /usr/local/share/ca-certificates "$HOME/.npmrc" "$HOME/.cargo/config.toml" "$HOME/.config/go"; do
  if [[ -e $file ]]; then mkdir -p "$work/debian${file%/*}" && cp -aL --remove-destination "$file" "$work/debian${file%/*}/"; fi
done
for file in ${PIP_CERT:-} ${SSL_CERT_FILE:-} ${NODE_EXTRA_CA_CERTS:-}; do
  mkdir -p "$work/debian${file%/*}" && cp -aL --remove-destination "$file" "$work/debian$file"
done

# In a mount and process namespace of its own: all of it ends with the script.
inside() {
  local language=$1 root=$work/root
  mkdir -p "$work/layer" "$root"
  mount -t tmpfs none "$work/layer"
  mkdir "$work/layer/upper" "$work/layer/work"
  mount -t overlay -o "lowerdir=$work/debian,upperdir=$work/layer/upper,workdir=$work/layer/work" none "$root"
  mount -t proc none "$root/proc"
  mount --bind /dev "$root/dev"
  mkdir -p "$root/newcomer/target"
  cp -a "$dist" "$root/newcomer/target/dist"
  local path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin directory
  case $language in
    rust) mount_tools "$root" "$HOME/.cargo/bin" "$HOME/.rustup" && path=$HOME/.cargo/bin:$path && packages gcc libc6-dev ;;
    go) directory=$(go env GOROOT) && mount_tools "$root" "$directory" && path=$directory/bin:$path ;;
  esac
  "$tutorial" "$language" --tools >"$root/newcomer/tools.sh"
  "$tutorial" "$language" >"$root/newcomer/tutorial.sh"
  local begun installed ended install=-
  begun=$(date +%s%N)
  if [[ $language != rust && $language != go ]]; then
    PATH=$path DEBIAN_FRONTEND=noninteractive chroot "$root" bash -ec 'apt-get update -qq && . /newcomer/tools.sh' >"$work/tools.log" 2>&1
  fi
  installed=$(date +%s%N)
  [[ $language == rust || $language == go ]] || install="$(seconds "$begun" "$installed") s"
  # The last command is the demo, which ends with 1 as something was broken in it.
  PATH=$path chroot "$root" bash -ec 'cd /newcomer && bash -eu -o pipefail tutorial.sh || (($? == 1))' >"$work/$language.log" 2>&1
  ended=$(date +%s%N)
  grep -q 'refused .*: roll-forward: shop only rolls forward' "$work/$language.log" || { cat "$work/$language.log" >&2; return 1; }
  local component=$root/newcomer/policies/roll-forward/roll-forward.wasm
  echo "| $language | $install | $(seconds "$installed" "$ended") s | $(($(stat -c %s "$component") / 1024)) KiB | $(compiled "$root") |"
}

packages() { PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" bash -ec 'apt-get update -qq && apt-get install -y -qq --no-install-recommends '"$*" >/dev/null 2>&1; }
mount_tools() {
  local root=$1 directory
  shift
  for directory in "$@"; do mkdir -p "$root$directory" && mount --bind "$directory" "$root$directory"; done
}
seconds() { awk "BEGIN { printf \"%.1f\", ($2 - $1) / 1e9 }"; }
# A first check with an empty cache: time and peak memory of the compilation.
compiled() {
  K8SHAWK_GRANTS=/newcomer/target/dist/grants chroot "$1" /usr/bin/time -f '%e s, %M KiB' env HOME=/empty XDG_CACHE_HOME=/empty \
    /newcomer/target/dist/k8shawk plugin check /newcomer/policies/roll-forward 2>&1 >/dev/null | tail -n 1
}

echo "| language | install | from \`policy new\` to a host that obeys | component | first compilation |"
echo "|---|---|---|---|---|"
export -f inside packages mount_tools seconds compiled
export work dist tutorial
for language in "${languages[@]}"; do
  unshare --mount --pid --fork bash -euo pipefail -c 'inside "$1"' bash "$language"
done
