#!/bin/sh
# Starts gateway, silo and one worker in one process, in the foreground: builds first if needed, then becomes the service, so
# that signals reach it. Arguments are the service's own.
set -eu
cd "$(dirname "$0")/.."
build/engine.sh why
build/build.sh run
engine=$(build/engine.sh)
. build/dotnet-root.sh
exec "artifacts/$engine/bin/Client/release/OrleansTasks.Client" --all-in-one "$@"
