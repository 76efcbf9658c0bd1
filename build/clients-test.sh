#!/bin/sh
# Generates clients in TypeScript and Go from the OpenAPI document of the built service, compiles them, and lets each
# submit a task: build/clients-test.sh FLAVOUR. Needs what sdk/typescript/build.sh and sdk/go/build.sh say.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
work=$(mktemp -d /var/tmp/otask-clients-XXXXXX)
service=
trap 'status=$?; [ -z "$service" ] || { kill "$service"; wait "$service" || true; }; rm -rf "$work"; exit $status' EXIT
"artifacts/bin/AllInOne/$1/OrleansTasks.AllInOne" --data "$work/data" --http 127.0.0.1:0 --grpc 127.0.0.1:0 --slots 2 \
    >"$work/service.log" 2>&1 &
service=$!
until grep -q '^Try: ' "$work/service.log"; do
    kill -0 "$service" 2>/dev/null || { cat "$work/service.log" >&2; exit 1; }
    sleep 0.1
done
OTASK_URL=$(sed -n 's/^ *http  *\(http:.*\)$/\1/p' "$work/service.log")
export OTASK_URL
expect() {
    name=$1
    shift
    printed=$("$@")
    [ "$printed" = "succeeded: hello from $name
unknown task: 404" ] || { echo "FAILED: the client in $name printed: $printed" >&2; exit 1; }
    echo "$name: generated, compiled, and ran a task"
}
sdk/typescript/build.sh "$OTASK_URL/openapi/v1.json" "$work/typescript"
expect TypeScript node "$work/typescript/submit.js" "echo hello from TypeScript"
sdk/go/build.sh "$OTASK_URL/openapi/v1.json" "$work/go"
expect Go "$work/go/submit" "echo hello from Go"
