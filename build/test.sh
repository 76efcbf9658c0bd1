#!/bin/sh
# Builds and tests everything: on engine Embedded always, on engine Orleans where its packages restore; with ENGINE given, on that
# one alone. The last line says "N passed, N failed". A skipped test fails (tests/xunit.runner.json is less strict, for one's own machine);
# tests of what this machine cannot do at all are left out by name of what it lacks, which is printed.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
build/test-tools.sh
mkdir -p artifacts
passed=0
failed=0
failures=
lacking=

needs() {
    what=$1
    shift
    if ! "$@" >/dev/null 2>&1; then
        lacking="$lacking --filter-not-trait Needs=$what"
        echo "this machine lacks '$what': tests that need it are left out"
    fi
}

needs root test "$(id -u)" -eq 0
needs mounts unshare --mount true
needs tracing strace -e trace=none true
needs fuse test -w /dev/fuse
needs cgroups-v1 test -w /sys/fs/cgroup/memory
needs cgroups-v2 sh -c 'grep -qs . /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers'
needs postgres build/has-postgres.sh
needs process-limits sh -c 'test -w /sys/fs/cgroup/pids || { grep -qs pids /sys/fs/cgroup/cgroup.controllers && test -w /sys/fs/cgroup; }'

count() {
    sed -n "s/^ *$1: \([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

lane() {
    log=artifacts/test-$1.log
    echo "testing on engine $1 (log: $log)"
    status=0
    # A test program without a test fails, but for the simulator's on Orleans: it is engine Embedded in virtual time.
    empty=
    [ "$1" != Orleans ] || empty="--ignore-exit-code 8"
    # One program after the other: many tests wait for something that another program's load would delay. One that hangs is ended, and
    # the log names the test that runs long (tests/xunit.runner.json).
    # shellcheck disable=SC2086
    timeout -k 30 3600 dotnet test --solution OrleansTasks.sln -c Release -p:Engine="$1" -p:RunAnalyzersDuringBuild=true --max-parallel-test-modules 1 \
        --no-progress --no-ansi --timeout 40m --fail-skips on $lacking $empty >"$log" 2>&1 || status=$?
    grep -vE '^(Running tests|xUnit.net|$)' "$log" | tail -n 200
    good=$(count succeeded "$log")
    bad=$(count failed "$log")
    passed=$((passed + ${good:-0}))
    # What ended badly without a failed test has failed all the same: a build, a crash, a run without tests.
    if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ] || [ "${good:-0}" -eq 0 ]; then
        bad=$((${bad:-0} + 1))
    fi
    failed=$((failed + ${bad:-0}))
    # Repeated at the end, where the tail of a log shows them.
    failures="$failures${failures:+
}$(sed -n '/^failed /{N;s/^failed \(.*\)\n */\1: /;p}' "$log" | cut -c 1-300 | head -n 20)"
}

# The console's own tests, with the packages that its build has installed.
console() {
    if [ ! -d Console/node_modules/vitest ] || [ -e artifacts/console/missing.txt ]; then
        echo "the console was not built ($(cat artifacts/console/missing.txt 2>/dev/null || echo 'npm is missing')): its tests are left out"
        return
    fi
    log=$PWD/artifacts/test-console.log
    echo "testing the console (log: artifacts/test-console.log)"
    status=0
    (cd Console && node_modules/.bin/tsc --noEmit && timeout 120 node_modules/.bin/vitest run --no-color) >"$log" 2>&1 || status=$?
    good=$(sed -n 's/^ *Tests .* \([0-9][0-9]*\) passed.*/\1/p; s/^ *Tests  *\([0-9][0-9]*\) passed.*/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/^ *Tests  *\([0-9][0-9]*\) failed.*/\1/p' "$log" | tail -n 1)
    passed=$((passed + ${good:-0}))
    # A program that does not type-check, and a run without tests, have failed too.
    if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ] || [ "${good:-0}" -eq 0 ]; then
        bad=$((${bad:-0} + 1))
    fi
    bad=${bad:-0}
    failed=$((failed + bad))
    if [ "$bad" -gt 0 ]; then
        tail -n 60 "$log"
        failures="$failures${failures:+
}$bad of the console: artifacts/test-console.log"
    fi
}

if [ -n "${ENGINE:-}" ]; then
    lane "$ENGINE"
else
    lane Embedded
    # With a version given, nothing is chosen by what is there.
    if [ -z "${ORLEANS_VERSION:-}" ]; then
        # A restore that fails has failed the first lane, too.
        dotnet restore build/Run.slnf -nologo -v q || true
    fi
    if [ -n "${ORLEANS_VERSION:-}" ] || [ "$(cat artifacts/engine 2>/dev/null)" = Orleans ]; then
        # What is hostile is the same; the engine only adds its own way of dispatching.
        export OTASK_FUZZ_SECONDS="${OTASK_FUZZ_SECONDS:-5}"
        lane Orleans
    else
        echo "Orleans lane: not run ($(cat artifacts/engine-reason 2>/dev/null || echo 'artifacts/engine says Embedded'))"
    fi
fi
console
[ -z "$failures" ] || printf 'failed:\n%s\n' "$failures"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
