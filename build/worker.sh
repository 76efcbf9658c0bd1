#!/bin/sh
# Starts one remote worker in the foreground: builds first if needed, then becomes the worker, so that signals reach it.
# Arguments are the worker's own.
set -eu
cd "$(dirname "$0")/.."
build/build.sh run
engine=$(build/engine.sh)
. build/dotnet-root.sh
exec "artifacts/$engine/bin/Worker/release/OrleansTasks.Worker" "$@"
