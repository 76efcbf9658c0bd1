#!/bin/sh
# Why `make silo` and `make gateway` cannot start here: always exit code 2.
set -eu
cd "$(dirname "$0")/.."
if [ "$(build/engine.sh)" = Embedded ]; then
    echo "make $1: engine Embedded runs silo and gateway in one process only (make run). Apart they need engine Orleans." >&2
    build/engine.sh why >&2
else
    echo "make $1: not there yet. It needs cluster membership, which this version does not have; make run has silo and" \
        "gateway in one process." >&2
fi
exit 2
