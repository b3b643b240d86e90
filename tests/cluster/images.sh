#!/bin/sh
# Makes a docker-archive of the images that the harness's pods run, from the static busybox.
# Usage: images.sh FILE
#   busybox:1     a shell and its tools; stops by SIGKILL, so that any command ends at once
#   app:1, app:2  the same; by default an HTTP server on port 8080 that ends on SIGTERM
#   pause:1       the sandbox
#   arm:1         programs of another processor: "exec format error"
set -eu

out=$1
work=$(mktemp -d "$(dirname "$out")/images.XXXXXX")
trap 'rm -rf "$work"' EXIT
busybox=$(command -v busybox)
case $(uname -m) in
x86_64) architecture=amd64 foreign=arm64 machine='\267\000' ;;
aarch64) architecture=arm64 foreign=amd64 machine='\076\000' ;;
*) echo "no images for $(uname -m)" >&2; exit 1 ;;
esac

root_tree() { # directory
    mkdir -p "$1/bin" "$1/etc" "$1/tmp" "$1/www"
    ln -s bin "$1/sbin"
    mkdir "$1/usr"
    ln -s ../bin "$1/usr/bin"
    cp "$busybox" "$1/bin/busybox"
    for applet in $("$busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
    done
    echo root:x:0:0:root:/:/bin/sh >"$1/etc/passwd"
    echo root:x:0: >"$1/etc/group"
    echo ok >"$1/www/index.html"
    chmod 1777 "$1/tmp"
}

layer() { # name
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/$1.root" -cf "$work/$1.tar" .
    rm -rf "$work/$1.root"
}

config() { # name, layer, architecture, what runs
    digest=$(sha256sum "$work/$2.tar")
    cat >"$work/$1.json" <<JSON
{"architecture":"$3","os":"linux","created":"1970-01-01T00:00:00Z",
"config":{"Env":["PATH=/bin"],"WorkingDir":"/",$4},
"rootfs":{"type":"layers","diff_ids":["sha256:${digest%% *}"]},
"history":[{"created":"1970-01-01T00:00:00Z","created_by":"images.sh $1"}]}
JSON
}

root_tree "$work/native.root"
root_tree "$work/foreign.root"
# The two bytes of an ELF file that name its processor.
printf "$machine" | dd of="$work/foreign.root/bin/busybox" bs=1 seek=18 conv=notrunc 2>/dev/null
layer native
layer foreign

serve="trap 'exit 0' TERM; httpd -p 8080 -h /www; echo listening on 8080; while :; do sleep 3600 & wait; done"
config busybox native "$architecture" '"Cmd":["sh"],"StopSignal":"SIGKILL"'
config pause native "$architecture" '"Entrypoint":["sleep","2147483647"],"StopSignal":"SIGKILL"'
config app native "$architecture" "\"Cmd\":[\"sh\",\"-c\",\"$serve\"]"
config arm foreign "$foreign" '"Cmd":["sh"]'
cat >"$work/manifest.json" <<'JSON'
[{"Config":"busybox.json","RepoTags":["busybox:1"],"Layers":["native.tar"]},
{"Config":"pause.json","RepoTags":["pause:1"],"Layers":["native.tar"]},
{"Config":"app.json","RepoTags":["app:1","app:2"],"Layers":["native.tar"]},
{"Config":"arm.json","RepoTags":["arm:1"],"Layers":["foreign.tar"]}]
JSON
tar -C "$work" -cf "$out" manifest.json busybox.json pause.json app.json arm.json native.tar foreign.tar
