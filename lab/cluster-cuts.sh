#!/bin/sh
# make cluster-cuts: cuts the networks of a cluster on this machine and prints how long tasks were not taken. Needs root, PostgreSQL's
# server programs, ip, bridge and curl. PostgreSQL, each of two silos with a worker, and a gateway have network namespaces of their own on one bridge. A cut
# drops packets and tells nobody, as a broken cable does.
#   lab/cluster-cuts.sh PROGRAMS FLAVOUR
# CUT=SECONDS is the length of a cut, CUTS="database:1 machine:2" which ones there are, KEEP=1 keeps the logs.
set -eu
programs=$1
client=$programs/Client/$2/OrleansTasks.Client
silo=$programs/Silo/$2/OrleansTasks.Silo
worker=$programs/Worker/$2/OrleansTasks.Worker
[ "$(id -u)" = 0 ] || { echo "make cluster-cuts: network namespaces need root" >&2; exit 2; }
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || { echo "make cluster-cuts: PostgreSQL's server programs are missing (apt-get install postgresql)" >&2; exit 2; }
id=otc$$
folder=$(mktemp -d "${TMPDIR:-/tmp}/otask-cuts-XXXXXX")
chmod 711 "$folder"
running=
finish() {
    trap '' INT TERM
    for process in $running; do
        kill -TERM "$process" 2>/dev/null || true
        kill -TERM "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    for name in db s1 s2 gw; do ip netns del "$id-$name" 2>/dev/null || true; done
    ip link del "$id" 2>/dev/null || true
    [ -n "${KEEP:-}" ] && echo "logs: $folder" || rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

ip link add "$id" type bridge
ip link set "$id" up
number=1
for name in db s1 s2 gw; do
    ip netns add "$id-$name"
    ip link add "$id$name" type veth peer name eth0 netns "$id-$name"
    ip link set "$id$name" master "$id" up
    ip -n "$id-$name" addr add "10.213.7.$number/24" dev eth0
    ip -n "$id-$name" link set eth0 up
    ip -n "$id-$name" link set lo up
    number=$((number + 1))
done

# call ARGUMENTS: curl, from the gateway's namespace.
call() { in_space gw curl -s -m 20 -H "Authorization: Bearer $key" "$@"; }
in_space() { space=$1; shift; ip netns exec "$id-$space" "$@"; }
# start SPACE NAME COMMAND...
start() {
    space=$1 name=$2; shift 2
    [ ! -e "$folder/$name.log" ] || mv "$folder/$name.log" "$folder/$name.until-$(date +%H%M%S).log"
    ip netns exec "$id-$space" setsid "$@" >"$folder/$name.log" 2>&1 </dev/null &
    running="$! $running"
}
await() { until grep -qs "$2" "$folder/$1.log"; do sleep 0.1; done; }
milliseconds() { date +%s%3N; }
as="setpriv --reuid=postgres --regid=postgres --clear-groups --"
mkdir "$folder/postgres"
chown postgres "$folder/postgres"
$as "$bin/initdb" -D "$folder/postgres/data" -U otask -A trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1
echo "host all all 10.213.7.0/24 trust" >>"$folder/postgres/data/pg_hba.conf"
start db postgres $as "$bin/postgres" -D "$folder/postgres/data" -c listen_addresses=10.213.7.1 -c unix_socket_directories="$folder/postgres"
await postgres "ready to accept connections"
db="Host=10.213.7.1;Username=otask;Database=postgres"
# Silos beyond loopback ask for a key to exist, and then it is needed everywhere.
key=$(ip netns exec "$id-db" "$programs/Cli.Store/$2/otask" key create --db "$db" --scope read,submit,operate,admin)
# start_silo NUMBER: or start it again, as its supervisor would.
start_silo() {
    start "s$1" "silo$1" "$silo" --db "$db" --data "$folder/silo$1" --listen "10.213.7.$(($1 + 1)):30000" --peer-port 30010 \
        --grpc 127.0.0.1:50051 --health 127.0.0.1:30081
    await "silo$1" "Start a gateway"
    until in_space "s$1" curl -fs -o "$folder/ready" http://127.0.0.1:30081/readyz; do sleep 0.1; done
}
# post: the status of a submission, and its task's id in the file "answer".
post() {
    call -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' -d '{"cmd":"true"}' \
        http://127.0.0.1:9092/api/v1/tasks || true
}
# watch WHAT SECONDS: submits for so long, one after the other, and prints the gaps between acceptances of more than a second, by seconds from now.
watch() {
    began=$(milliseconds) last=$(milliseconds) taken=0 refused=
    while [ $(($(milliseconds) - began)) -lt $(($2 * 1000)) ]; do
        status=$(post)
        now=$(milliseconds)
        if [ "$status" = 202 ]; then
            taken=$((taken + 1))
            echo "$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$folder/answer")" >>"$folder/acknowledged"
            [ $((now - last)) -le 1000 ] || echo "  $1: nothing was taken from $((last - began)) to $((now - began)) ms"
            last=$now
        else
            refused="$refused $status"
        fi
        sleep 0.05
    done
    now=$(milliseconds)
    [ $((now - last)) -le 1000 ] || echo "  $1: nothing was taken from $((last - began)) ms on"
    echo "  $1: $taken taken; others were answered by:$(printf '%s\n' $refused | sort | uniq -c | awk 'NF > 1 { printf " %s × %s", $1, $2 }')"
}
members() {
    echo "  members: $(call http://127.0.0.1:9092/api/v1/cluster | tr -d ' \n' | sed 's/,"activations".*//')"
}
# alone A B on|off: A and B cannot reach each other; both reach the others.
alone() { for name in "$1" "$2"; do bridge link set dev "$id$name" isolated "$3"; done; }
# revive: starts the silos that have ended themselves.
revive() {
    for number in 1 2; do
        in_space "s$number" curl -fs -m 5 -o "$folder/ready" http://127.0.0.1:30081/livez || {
            echo "  silo $number has ended: $(grep -av '^ ' "$folder/silo$number.log" | tail -1 | cut -c1-140)"
            start_silo "$number"
        }
    done
}

start_silo 1
start_silo 2
start gw gateway "$client" --db "$db" --http 127.0.0.1:9092
await gateway "gateway is ready"
for number in 1 2; do
    start "s$number" "worker$number" "$worker" --master 127.0.0.1:50051 --name "w$number" --slots 2 --data "$folder/worker$number"
    await "worker$number" "worker node started"
done
watch "no cut" 5

CUT=${CUT:-60}
cut_peers() {
    echo "silo 1, which owns the queue, is cut from silo 2 for $CUT s"
    alone s1 s2 on
    watch "cut" "$CUT"
    alone s1 s2 off
}
cut_database() {
    echo "silo $1 is cut from the database for $CUT s"
    alone "s$1" db on
    watch "cut" "$CUT"
    alone "s$1" db off
}
cut_machine() {
    echo "the machine of silo $1 is cut from all others for $CUT s"
    ip link set "$id""s$1" down
    watch "cut" "$CUT"
    ip link set "$id""s$1" up
}
cut_gateway() {
    echo "the gateway is cut from silo $1 for $CUT s"
    alone gw "s$1" on
    watch "cut" "$CUT"
    alone gw "s$1" off
}
for what in ${CUTS:-peers:1 database:1 database:2 machine:1 machine:2 gateway:1 gateway:2}; do
    "cut_${what%:*}" "${what#*:}"
    watch "after" 15
    # A silo that was declared dead learns it once it reaches the database again.
    tries=0
    revive
    until [ "$(members | grep -o '"Active"' | wc -l)" = 2 ] || [ $tries = 60 ]; do
        tries=$((tries + 1))
        sleep 1
        revive
    done
    members
done
echo "every task that was acknowledged must end: $(wc -l <"$folder/acknowledged") tasks"
open=
for task in $(cat "$folder/acknowledged"); do
    tries=0
    until call "http://127.0.0.1:9092/api/v1/tasks/$task" | grep -q '"state": *"succeeded"'; do
        tries=$((tries + 1))
        [ $tries -lt 60 ] || { open="$open $task"; break; }
        sleep 1
    done
done
[ -z "$open" ] && echo "all have succeeded" || { echo "not ended:$open"; exit 1; }
