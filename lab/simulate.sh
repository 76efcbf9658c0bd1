#!/bin/sh
# Runs the simulator: SEEDS=n seeds (500 unless given) on two threads, from a first seed that is new each time and printed (ARGS="--from S"
# says which), or SEED=s alone, with what it did. Further arguments are passed on (--help lists them). A campaign of 10,000 seeds or more leaves its evidence in docs/evidence/simulate.json.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
mkdir -p artifacts
dotnet build tests/Simulation -c Release -nologo -v q >artifacts/simulate-build.log 2>&1 || {
    grep -E 'error|MSB' artifacts/simulate-build.log | sort -u | head -n 20 >&2
    exit 1
}
program=artifacts/bin/Simulation/release/Simulation
if [ -n "${SEED:-}" ]; then
    exec "$program" --seed "$SEED" "$@"
fi
seeds=${SEEDS:-500}
if [ "$seeds" -ge 10000 ]; then
    set -- --evidence docs/evidence/simulate.json --commit "$(git rev-parse --short=12 HEAD)" "$@"
fi
exec "$program" --seeds "$seeds" "$@"
