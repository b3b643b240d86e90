#!/bin/sh
# Process 1 of the harness's namespaces (process ids, mounts, network, IPC, host name).
# Reads "start NAME" and "signal NAME SIGNAL" from its input and ends when that closes, which it
# also does when the test process dies in any way. The kernel then ends every process in here,
# container shims and containers included, and with the last one the mounts, network devices and
# iptables rules go.
set -eu
state=$1

read -r pid _ </proc/self/stat # still the outer /proc: the process id as the test process sees it
mount -t proc proc /proc
for hidden in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$hidden"; done
# No name resolves in here, at once and with the message of a name that does not exist.
if [ -e /etc/nsswitch.conf ]; then mount --bind "$state/etc/nsswitch.conf" /etc/nsswitch.conf; fi
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname n1
echo "$pid" >"$state/pid.new"
mv "$state/pid.new" "$state/pid"

start() {
    rm -f "$state/jobs/$1.exit" "$state/jobs/$1.pid"
    {
        code=0
        sh "$state/jobs/$1.sh" >>"$state/logs/$1.log" 2>&1 </dev/null 3<&- || code=$?
        echo "$code" >"$state/jobs/$1.new"
        mv "$state/jobs/$1.new" "$state/jobs/$1.exit"
    } &
}

supervise() {
    while read -r verb name signal <&3; do
        case $verb in
        start) start "$name" ;;
        signal) kill -s "$signal" "$(cat "$state/jobs/$name.pid")" || true ;;
        esac
    done
}

exec 3<&0 </dev/null
supervise &
exec 3<&-
wait $! # reaps the orphans meanwhile
