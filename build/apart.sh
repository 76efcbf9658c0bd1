#!/bin/sh
# Starts one half of the service on its own, in the foreground: build/apart.sh silo|gateway OPTIONS. It needs engine Orleans;
# on Embedded it ends with code 2.
set -eu
cd "$(dirname "$0")/.."
half=$1
shift
engine=$(build/engine.sh)
if [ "$engine" = Embedded ]; then
    echo "make $half: engine Embedded runs silo and gateway in one process only (make run). Apart they need engine Orleans." >&2
    build/engine.sh why >&2
    exit 2
fi
build/engine.sh why
build/build.sh run
. build/dotnet-root.sh
exec "artifacts/$engine/bin/Client/release/OrleansTasks.Client" "--$half-only" "$@"
