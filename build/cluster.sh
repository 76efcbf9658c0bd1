#!/bin/sh
# make cluster: a whole cluster on this machine, to look at: PostgreSQL, two silos, two gateways and two workers. It ends with Ctrl-C, and
# its data with it. BASE=PORT puts it on the ports from PORT to PORT + 8.
set -eu
programs=$1
client=$programs/Client/$2/OrleansTasks.Client
silo=$programs/Silo/$2/OrleansTasks.Silo
worker=$programs/Worker/$2/OrleansTasks.Worker
if [ -n "${BASE:-}" ]; then
    http1=$BASE http2=$((BASE + 1)) grpc1=$((BASE + 2)) grpc2=$((BASE + 3)) silo1=$((BASE + 4)) silo2=$((BASE + 5)) database=$((BASE + 6))
    health1=$((BASE + 7)) health2=$((BASE + 8))
else
    http1=9092 http2=9093 grpc1=50051 grpc2=50052 silo1=30000 silo2=30001 database=54329 health1=30081 health2=30082
fi

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v postgres || true)")
if [ ! -x "$bin/initdb" ]; then
    echo "make cluster: PostgreSQL's server programs (initdb, postgres) are missing. On Debian and Ubuntu: apt-get install postgresql." >&2
    exit 2
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/otask-cluster-XXXXXX")
running=
sleeper=
finish() {
    trap '' INT TERM
    [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null || true
    # The newest first: the database goes last.
    for process in $running; do
        kill -TERM "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 0' INT TERM

# start NAME COMMAND...: in a session of its own, so that Ctrl-C reaches it by this script alone.
start() {
    name=$1; shift
    setsid "$@" >"$folder/$name.log" 2>&1 </dev/null &
    running="$! $running"
}
await() {
    until grep -qs "$2" "$folder/$1.log"; do
        if ! kill -0 "${running%% *}" 2>/dev/null; then
            echo "make cluster: $1 did not start:" >&2
            cat "$folder/$1.log" >&2
            exit 1
        fi
        sleep 0.1
    done
}
# ready NAME PORT: until the silo says that it is of use. Without curl, its own word that it has started must do.
ready() {
    await "$1" "Start a gateway"
    ! command -v curl >/dev/null || until curl -fs -o "$folder/ready" "http://127.0.0.1:$2/readyz"; do
        kill -0 "${running%% *}" 2>/dev/null || { cat "$folder/$1.log" >&2; exit 1; }
        sleep 0.1
    done
}

as=
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    as="setpriv --reuid=postgres --regid=postgres --clear-groups --"
    mkdir "$folder/postgres"
    chmod 711 "$folder"
    chown postgres "$folder/postgres"
fi
$as "$bin/initdb" -D "$folder/postgres/data" -U otask -A trust -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    exit 1
}
start postgres $as "$bin/postgres" -D "$folder/postgres/data" -p "$database" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories="$folder/postgres"
await postgres "ready to accept connections"
db="Host=127.0.0.1;Port=$database;Username=otask;Database=postgres"

start silo1 "$silo" --db "$db" --data "$folder/silo1" --listen "127.0.0.1:$silo1" --grpc "127.0.0.1:$grpc1" \
    --health "127.0.0.1:$health1"
ready silo1 "$health1"
start silo2 "$silo" --db "$db" --data "$folder/silo2" --listen "127.0.0.1:$silo2" --grpc "127.0.0.1:$grpc2" \
    --health "127.0.0.1:$health2"
ready silo2 "$health2"
start gateway1 "$client" --db "$db" --http "127.0.0.1:$http1"
await gateway1 "gateway is ready"
start gateway2 "$client" --db "$db" --http "127.0.0.1:$http2"
await gateway2 "gateway is ready"
for number in 1 2; do
    start worker$number "$worker" --master "127.0.0.1:$grpc1" --master "127.0.0.1:$grpc2" --name "w$number" --slots 2 \
        --data "$folder/worker$number"
    await worker$number "worker node started"
done

cat <<END
OrleansTasks: a cluster on this machine, until Ctrl-C. Its data goes with it.
  http      http://127.0.0.1:$http1  http://127.0.0.1:$http2
  silos     127.0.0.1:$silo1  127.0.0.1:$silo2
  health    http://127.0.0.1:$health1/readyz  http://127.0.0.1:$health2/readyz
  grpc      127.0.0.1:$grpc1  127.0.0.1:$grpc2
  workers   w1, w2, 2 slots each
  database  $db
  logs      $folder/*.log
Kill a silo and look on: kill -9 \$(cat $folder/silo1/lock)
END
# Waits for a signal; a shell that waits for a child of its own in the background is told of it at once.
while :; do
    sleep 1000 &
    sleeper=$!
    wait $sleeper
done
