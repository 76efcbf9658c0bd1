#!/bin/sh
# Starts the built program $1 with data of its own, and runs a script, by default smoke.mjs, which opens every page of its console in Chromium.
# OTASK_CHROMIUM names the browser.
set -eu
program=$(realpath "$1")
script=${2:-smoke.mjs}
cd "$(dirname "$0")"
browser=${OTASK_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$browser" ] || { echo "make e2e: Chromium is not installed; OTASK_CHROMIUM may name it"; exit 2; }
[ -d node_modules ] || npm ci --ignore-scripts
data=$(mktemp -d)
"$program" --http 127.0.0.1:0 --grpc 127.0.0.1:0 --data "$data" --drain 1s --slots 2 >"$data.log" 2>&1 &
service=$!
trap 'kill $service 2>/dev/null; wait $service 2>/dev/null || true; rm -rf "$data" "$data.log"' EXIT
for _ in $(seq 300); do
    url=$(sed -n 's/^  http  *//p' "$data.log")
    [ -n "$url" ] && break
    sleep 0.1
done
grpc=$(sed -n 's/^  grpc  *//p' "$data.log")
OTASK_URL=$url OTASK_GRPC=$grpc OTASK_PROGRAM=$program OTASK_CHROMIUM=$browser node "$script"
