# For the build.sh of a Go program of one file, which sources it with its own directory in $here: builds the program
# unless the cache has it, and prints its path. Another main.go or go.sum is another version.
# K8SHAWK_CACHE moves the cache.

go_program() { # name, what it is, how long it takes
    version=$(cat "$here/main.go" "$here/go.sum" | sha256sum | cut -c -12)
    cache=${K8SHAWK_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/k8shawk}/$1/$version
    if [ ! -x "$cache/$1" ]; then
        command -v go >/dev/null || { echo "go is needed to build $2" >&2; exit 1; }
        mkdir -p "$cache"
        exec 9>"$cache/.lock"
        flock 9
        if [ ! -x "$cache/$1" ]; then
            echo "building $2 ($3; once per version)" >&2
            (cd "$here" && CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -mod=readonly" \
                nice -n 5 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$cache/.$1.new" .)
            mv -f "$cache/.$1.new" "$cache/$1"
        fi
    fi
    echo "$cache/$1"
}
