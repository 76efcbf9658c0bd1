#!/bin/sh
# Proves the image of the service with podman: as the image's user with a read-only root and a volume, it runs a task,
# reaps orphans, ends by SIGTERM, and has the task when it starts again. Takes root, podman and runc, and what
# image-base.sh takes; KEEP=1 takes the images that are built. PORT is the service's port.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
work=$(mktemp -d /var/tmp/otask-images-XXXXXX)
name=otask-images-$$
port=${PORT:-35093}
trap 'status=$?; [ $status = 0 ] || podman logs $name 2> /dev/null | tail -30 >&2; podman rm -f -t 0 $name > /dev/null 2>&1 || true; podman volume rm $name > /dev/null 2>&1 || true; rm -rf "$work"; exit $status' EXIT
CONTAINERS_CONF=$work/containers.conf
. build/containers-conf.sh
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e artifacts/images ] || build/image-base.sh build/images.sh > /dev/null
for image in orleanstasks orleanstasks-gateway orleanstasks-silo orleanstasks-worker otask; do
    podman load -q -i "artifacts/images/$image-$version-$rid.tar" > /dev/null || fail "$image does not load"
    user=$(podman image inspect -f '{{.User}}' "$image:$version")
    [ "$user" = 1654 ] || fail "$image runs as $user"
done
alone() { podman run --rm --network none --read-only "$@"; }

podman volume create $name > /dev/null
# With a new volume, the service refuses to start, since others could reach it and no key exists.
alone -v $name:/app/data "orleanstasks:$version" > "$work/refused" 2>&1 && fail "it starts without a key"
grep -q 'otask key create' "$work/refused" || { cat "$work/refused"; fail "the refusal does not say what to do"; }
key=$(alone -v $name:/app/data "otask:$version" key create --data ./data --name test --scope read,submit,operate,admin)

began=$(date +%s.%N)
podman run -d --name $name --read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges \
    -p 127.0.0.1:$port:9092 -v $name:/app/data "orleanstasks:$version" > /dev/null
inside() { podman exec $name "$@"; }
call() { path=$1; shift; curl -fsS --max-time 70 -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@" "http://127.0.0.1:$port$path"; }
await() {
    for _ in $(seq 600); do
        [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = 200 ] && return
        [ "$(podman container inspect -f '{{.State.Running}}' $name)" = true ] || fail "the service has ended"
        sleep 0.1
    done
    fail "the service is not ready after 60 s"
}
await
ready=$(date +%s.%N)
id=$(call /api/v1/tasks -d '{"cmd":"id -u; touch /nowhere 2>&1 || echo out"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
call "/api/v1/tasks/$id?wait=60s" | grep -q '"state":"succeeded"' || fail "the task did not succeed"
output=$(call "/api/v1/tasks/$id/output/stdout")
[ "$(printf '%s' "$output" | head -1)" = 1654 ] || fail "the task ran as another user: $output"
printf '%s' "$output" | grep -q 'Read-only file system' || fail "the root can be written: $output"
say "started, first task's output: $(echo "$(date +%s.%N) $began $ready" | awk '{ printf "%.1f s, ready after %.1f s", $1 - $2, $3 - $2 }')"

[ "$(inside cat /proc/1/comm)" = OrleansTasks.Cl ] || fail "process 1 is $(inside cat /proc/1/comm)"
# Orphans of a task, and of a process that podman exec starts: the first process is the parent of the latter.
call /api/v1/tasks -d '{"cmd":"for i in 1 2 3 4 5; do setsid sh -c \"sleep 1 & exec true\" & done; wait"}' > /dev/null
for _ in 1 2 3; do inside sh -c '(sleep 0.2 &) ; (sh -c "sleep 0.3 & exec true" &)'; done
for _ in $(seq 100); do
    dead=$(inside sh -c 'cat /proc/[0-9]*/stat 2> /dev/null | grep -c ") Z "' || true)
    left=$(inside sh -c 'grep -l "^sleep" /proc/[0-9]*/comm 2> /dev/null | wc -l')
    [ "$dead" = 0 ] && [ "$left" = 0 ] && break
    sleep 0.2
done
[ "$dead" = 0 ] || fail "$dead processes have ended and are not reaped"
[ "$left" = 0 ] || fail "$left processes of tasks are left"
say "reaped: all orphans"

began=$(date +%s.%N)
podman stop -t 60 $name > /dev/null
code=$(podman container inspect -f '{{.State.ExitCode}}' $name)
[ "$code" = 0 ] || fail "SIGTERM: exit code $code"
say "ended by SIGTERM: $(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }')"
podman start $name > /dev/null
await
call "/api/v1/tasks/$id" | grep -q '"state":"succeeded"' || fail "the task is gone"
[ "$(call "/api/v1/tasks/$id/output/stdout")" = "$output" ] || fail "the output is gone"
say "started again: the task is there"
podman kill -s KILL $name > /dev/null
for _ in $(seq 100); do [ "$(podman container inspect -f '{{.State.Running}}' $name)" = true ] || break; sleep 0.1; done
podman start $name > /dev/null
await
call "/api/v1/tasks/$id" | grep -q '"state":"succeeded"' || fail "the task is gone after SIGKILL"
say "started again after SIGKILL: the task is there"
