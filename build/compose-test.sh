#!/bin/sh
# Runs the cluster of deploy/compose with podman: a task runs on its workers and reaches only what it should, a silo
# is killed, and all end by SIGTERM. Takes root, what images-test.sh takes, and python3-yaml; KEEP=1 takes the images
# that are built. The root of the database's image is kept in DB_CACHE.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
cache=${DB_CACHE:-/var/tmp/otask-postgres-root}
work=$(mktemp -d /var/tmp/otask-compose-XXXXXX)
project=otask-test-$$
file=deploy/compose/compose.yaml
CONTAINERS_CONF=$work/containers.conf
. build/containers-conf.sh
export OTASK_DB_PASSWORD=testpassword OTASK_DB_IMAGE=localhost/otask-test-postgres OTASK_VERSION="$version"
logs() { for service in database setup silo1 silo2 gateway1 gateway2 worker1 worker2; do echo "== $service"; podman logs $project-$service 2>&1 | tail -n 8; done; }
compose() { build/compose-run.py $project $file "$@"; }
trap 'status=$?; [ $status = 0 ] || logs >&2; compose down; rm -rf "$work"; exit $status' EXIT
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e artifacts/images ] || build/image-base.sh build/images.sh > /dev/null
for image in orleanstasks orleanstasks-gateway orleanstasks-silo orleanstasks-worker otask; do
    podman load -q -i "artifacts/images/$image-$version-$rid.tar" > /dev/null
done
# In the place of the image of PostgreSQL, which cannot be pulled everywhere: Debian's, told by the same variables.
if [ ! -d "$cache" ]; then
    debootstrap --variant=minbase --include=postgresql-15 bookworm "$cache.new" > /dev/null
    mv "$cache.new" "$cache"
fi
cat > "$cache/start.sh" <<'END'
#!/bin/sh
set -eu
data=/var/lib/postgresql/data
bin=/usr/lib/postgresql/15/bin
chown postgres "$data"
if [ ! -e "$data/PG_VERSION" ]; then
    echo "$POSTGRES_PASSWORD" > /tmp/password && chown postgres /tmp/password
    setpriv --reuid=postgres --regid=postgres --clear-groups $bin/initdb -D "$data" -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=/tmp/password -E UTF8 --locale=C.UTF-8
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    echo "create database $POSTGRES_DB" | setpriv --reuid=postgres --regid=postgres --clear-groups $bin/postgres --single -D "$data" postgres
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups $bin/postgres -D "$data" -c listen_addresses='*'
END
chmod 0755 "$cache/start.sh"
tar -C "$cache" -c . | podman import -q -c 'ENTRYPOINT ["/start.sh"]' -c 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin' - localhost/otask-test-postgres > /dev/null

began=$(date +%s.%N)
compose up
say "started: $(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }')"

key=$(podman run --rm -v "${project}_keys:/keys:ro" --user 0:0 --entrypoint cat "otask:$version" /keys/admin.key)
otask() { gateway=$1; shift; podman run --rm --network "${project}_front" -e OTASK_URL="http://$gateway:9092" -e OTASK_KEY="$key" "otask:$version" "$@"; }
for worker in worker1 worker2; do
    for _ in $(seq 300); do otask gateway1 node list -o name | grep -x $worker > /dev/null && break; sleep 0.5; done
done
[ "$(otask gateway1 run -q -- echo hello)" = hello ] || fail "a task by gateway1"
[ "$(curl -fsS -o /dev/null -w '%{http_code}' http://127.0.0.1:9093/readyz)" = 200 ] || fail "gateway2 at its port of this machine"
# Tasks reach neither the database nor the ports between silos.
reach() { otask gateway2 run -q -- bash -c "timeout 3 bash -c 'exec 3<>/dev/tcp/$1' 2> /dev/null && echo reached || echo closed"; }
for address in 10.92.7.11/30000 10.92.7.12/30010 database/5432; do
    [ "$(reach $address)" = closed ] || fail "a task reaches $address"
done
[ "$(reach silo1/50051)" = reached ] || fail "a task does not reach silo1/50051, so the others prove nothing"
say "two workers joined; tasks run, and reach neither the database nor the silos' own ports"

podman kill -s KILL $project-silo1 > /dev/null
began=$(date +%s.%N)
[ "$(otask gateway2 run -q -- echo after)" = after ] || fail "no task runs after silo1 was killed"
say "silo1 killed, then a task ran after $(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }')"
podman start $project-silo1 > /dev/null
compose healthy silo1
for service in worker1 worker2 gateway1 gateway2 silo1 silo2; do
    podman stop -t 60 $project-$service > /dev/null
    code=$(podman container inspect -f '{{.State.ExitCode}}' $project-$service)
    [ "$code" = 0 ] || fail "$service ended with $code after SIGTERM"
done
say "all ended by SIGTERM with code 0"
