#!/bin/sh
# Published WIT text never changes. Compares every package under wit/ with wit/published.sha256;
# `--publish` adds packages that are not in the list yet, and changes nothing that is.
set -eu
cd "$(dirname "$0")/.."
list=wit/published.sha256
publish=no
case "${1-}" in
    --publish) publish=yes ;;
    '') ;;
    *) echo "usage: $0 [--publish]" >&2; exit 2 ;;
esac
[ -e "$list" ] || : > "$list"

faults=0
for file in wit/*/*.wit; do
    package=$(sed -n 's/^package \([^;]*\);.*/\1/p' "$file" | head -n 1)
    if [ -z "$package" ]; then
        echo "$file: no \`package\` line" >&2
        faults=1
        continue
    fi
    now=$(sha256sum < "$file" | cut -d ' ' -f 1)
    published=$(awk -v package="$package" '$2 == package { print $1 }' "$list")
    if [ "$published" = "$now" ]; then
        continue
    elif [ -n "$published" ]; then
        echo "$file: $package is published and its text has changed; undo the change and make a new version of the package beside it" >&2
        faults=1
    elif [ "$publish" = yes ]; then
        echo "$now  $package" >> "$list"
        echo "published $package"
    else
        echo "$file: $package is not published; run $0 --publish" >&2
        faults=1
    fi
done

# A published package must stay, for the guests that were built with it.
while read -r _ package; do
    if ! grep -qxF "package $package;" wit/*/*.wit; then
        echo "$list: $package is published and no file of it is left" >&2
        faults=1
    fi
done < "$list"
exit "$faults"
