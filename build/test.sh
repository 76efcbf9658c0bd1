#!/bin/sh
# Builds and tests everything: on engine Embedded always, on engine Orleans where its packages restore; with ENGINE given, on that
# one alone. The last line says "N passed, N failed"; a skipped test did not run, and fails the run unless its name is in
# tests/allowed-skips.txt.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
results=$PWD/artifacts/test-results
rm -rf "$results"
mkdir -p "$results"
broken=0

# Projects that measure nothing run two at a time; the one that starts whole services, and kills them, has the machine to itself.
lane() {
    export ENGINE="$1"
    if ! build/build.sh all; then
        broken=$((broken + 1))
        return 0
    fi
    for folder in tests/*.Tests/; do
        name=$(basename "$folder")
        # The simulator is engine Embedded in virtual time; there is nothing of it on Orleans.
        [ "$name" = System.Tests ] || [ "$1.$name" = Orleans.Simulation.Tests ] || ! [ -f "$folder$name.csproj" ] ||
            echo "$name"
    done | xargs -P "${TEST_JOBS:-2}" -n 1 build/test-project.sh "$ENGINE" "$results"
    build/test-project.sh "$ENGINE" "$results" System.Tests
}

forced=${ENGINE:-}
if [ -n "$forced" ]; then
    build/engine.sh why
    lane "$forced"
else
    build/engine.sh why
    if build/engine.sh orleans; then
        orleans=yes
    else
        orleans=no
    fi
    lane Embedded
    unset ENGINE
    if [ "$orleans" = yes ]; then
        lane Orleans
    else
        echo "Orleans lane: not run ($(cat artifacts/engine-reason 2>/dev/null || echo 'artifacts/engine says Embedded'))"
    fi
fi

# Every project leaves one line: passed failed skipped.
set -- $(cat "$results"/*.counts 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
passed=$1
failed=$(($2 + broken))
skipped=$3
sort -u "$results"/*.skipped 2>/dev/null >"$results/skipped" || true
unexpected=$(grep -vxF -f tests/allowed-skips.txt "$results/skipped" || true)
if [ -n "$unexpected" ]; then
    echo "skipped, though tests/allowed-skips.txt does not name them:" && echo "$unexpected"
fi
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
[ "$failed" -eq 0 ] && [ -z "$unexpected" ] && [ "$passed" -gt 0 ]
