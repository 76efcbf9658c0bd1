#!/bin/sh
# Builds and tests everything. The last line is a summary: "N passed, N failed". Before it come the seconds of each module, the 30 slowest
# tests and the failed ones. A skipped test fails (tests/xunit.runner.json is less strict, for one's own machine); tests that this machine
# cannot run at all are left out by the name of what it lacks, which is printed, and the summary counts them: "…, N skipped".
# With OTASK_STRICT=1, which .ci/run sets, a program that could be installed must not be missing.
# Exit codes: 1 a test failed, 2 a tool is missing, 3 the build failed, 4 the tests hung or a test program crashed.
set -u
cd "$(dirname "$0")/.." || exit 2
. build/dotnet-root.sh
command -v dotnet >/dev/null || { echo "dotnet is missing: install the .NET SDK of global.json" >&2; exit 2; }
build/test-tools.sh || exit 2
mkdir -p artifacts
log=artifacts/test.log
results=artifacts/test-results
rm -rf "$results"
passed=0
failed=0
code=0
failures=
lacking=

strict=${OTASK_STRICT:-}
left_out=
skipped=0

# What the kernel and this user's rights allow.
needs() {
    what=$1
    shift
    if ! "$@" >/dev/null 2>&1; then
        lacking="$lacking --filter-not-trait Needs=$what"
        left_out="$left_out --filter-trait Needs=$what"
        echo "this machine lacks '$what': tests that need it are left out"
    fi
}

# What build/test-tools.sh installs.
program() {
    what=$1
    shift
    if [ -z "$strict" ] || "$@" >/dev/null 2>&1; then
        needs "$what" "$@"
        return
    fi
    echo "this machine lacks '$what', which build/test-tools.sh should have installed"
    echo "0 passed, 1 failed"
    exit 2
}

# Whether a control group below this one may get a controller.
hands_on() {
    own=$(sed -n 's/^0:://p' /proc/self/cgroup)
    for top in "/sys/fs/cgroup/unified$own" "/sys/fs/cgroup$own"; do
        [ -w "$top/cgroup.subtree_control" ] || continue
        for controller in $(cat "$top/cgroup.controllers"); do
            grep -qw "$controller" "$top/cgroup.subtree_control" && return 0
            echo "+$controller" >"$top/cgroup.subtree_control" || continue
            echo "-$controller" >"$top/cgroup.subtree_control"
            return 0
        done
    done
    return 1
}

needs root test "$(id -u)" -eq 0
needs mounts unshare --mount true
program tracing strace -e trace=none true
needs fuse test -w /dev/fuse
needs cgroups-v1 test -w /sys/fs/cgroup/memory
needs cgroups-v2 sh -c 'grep -qs . /sys/fs/cgroup/cgroup.controllers /sys/fs/cgroup/unified/cgroup.controllers'
needs delegation hands_on
needs keyrings python3 -c 'import ctypes, os, sys
sys.exit(ctypes.CDLL(None).syscall(219 if os.uname().machine == "aarch64" else 250, 1, 0, 0, 0) < 0)'
needs containers build/has-containers.sh
needs network sh -c "tail -n +2 /proc/net/route | grep -qv '^lo'"
program nginx command -v nginx
program faketime sh -c 'ls /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib64/faketime/libfaketimeMT.so.1 2>/dev/null | grep -q .'
program postgres build/has-postgres.sh
program s3 sh -c 'command -v node && test -d tests/S3Server/node_modules/@20minutes/s3rver'
program go sh -c 'command -v go && command -v protoc && test -d /usr/share/gocode/src/google.golang.org/grpc'
program python /usr/bin/python3 -c 'import sys, grpc, google.protobuf, cryptography; assert sys.version_info >= (3, 11)'
# Containers are tested with podman. The test that needs docker runs only where a docker server answers; elsewhere it does not count.
docker info >/dev/null 2>&1 || lacking="$lacking --filter-not-trait Needs=docker"
needs process-limits sh -c 'test -w /sys/fs/cgroup/pids || { grep -qs pids /sys/fs/cgroup/cgroup.controllers && test -w /sys/fs/cgroup; }'

count() {
    sed -n "s/^ *$1: \([0-9][0-9]*\).*/\1/p" "$2" | tail -n 1
}

# The first failure decides the exit code.
ends_with() {
    [ "$code" -ne 0 ] || code=$1
}

began=$(date +%s)
seconds() {
    echo "$(($(date +%s) - began)) s: $1"
}

# One compiler process compiles all projects, even where the environment tells each project to start its own: a cold compiler takes
# half as long again. It listens on a pipe of this run, so that no other build loses it when it is shut down.
pipe=otask-test-$$
end_compiler() {
    version=$(dotnet --version)
    sdk=$(dotnet --list-sdks | sed -n "s|^$version \[\(.*\)\]|\1|p")/$version
    dotnet "$sdk/Roslyn/bincore/VBCSCompiler.dll" -shutdown "-pipename:$pipe" >/dev/null 2>&1
}

echo "building (log: artifacts/test-build.log)"
trap end_compiler EXIT
if ! dotnet build OrleansTasks.sln -c Release -nologo -v q -p:RunAnalyzersDuringBuild=true \
    -p:UseSharedCompilation=true "-p:SharedCompilationId=$pipe" >artifacts/test-build.log 2>&1; then
    grep -E 'error|MSB' artifacts/test-build.log | sort -u | head -n 40
    echo "0 passed, 1 failed"
    exit 3
fi
end_compiler
trap - EXIT
seconds "built"

# How many tests are left out.
if [ -n "$left_out" ]; then
    for tests in artifacts/bin/*.Tests/release/*.Tests; do
        # shellcheck disable=SC2086
        found=$("$tests" --list-tests $left_out 2>/dev/null | sed -n 's/.* found \([0-9][0-9]*\) test.*/\1/p')
        skipped=$((skipped + ${found:-0}))
    done
fi

# Runs $1 test programs at a time: those of the modules named after it. One that hangs is ended, and the log names the test that runs long
# (tests/xunit.runner.json), so the time only bounds a hang: System.Tests take 25 to 37 minutes of two cores.
run() {
    status=0
    at_a_time=$1
    shift
    # shellcheck disable=SC2086
    timeout -k 30 3600 dotnet test --test-modules "$(printf 'artifacts/bin/%s.Tests/release/*.Tests.dll;' "$@")" \
        --max-parallel-test-modules "$at_a_time" \
        --no-progress --no-ansi --timeout 55m --fail-skips on --report-xunit --results-directory "$PWD/$results" $lacking \
        >artifacts/test-part.log 2>&1 || status=$?
    grep -vE '^(Running tests|xUnit.net|$)' artifacts/test-part.log | tail -n 200
    cat artifacts/test-part.log >>"$log"
    good=$(count succeeded artifacts/test-part.log)
    bad=$(count failed artifacts/test-part.log)
    passed=$((passed + ${good:-0}))
    failed=$((failed + ${bad:-0}))
    # What ended badly without a failed test has failed all the same: a crash, a hang, a run without tests.
    if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ] || [ "${good:-0}" -eq 0 ]; then
        failed=$((failed + 1))
        ends_with 4
    fi
}

# These depend on no real time, except for one test of Engine, so they run two at a time. All others run alone.
together="Simulation Engine Grains Processing Allocation"
alone=$(ls -d tests/*.Tests | sed 's,^tests/\(.*\)\.Tests$,\1,' | grep -vxE "$(echo "$together" | tr ' ' '|')")
echo "testing (log: $log)"
: >"$log"
# shellcheck disable=SC2086
run 2 $together
# shellcheck disable=SC2086
run 1 $alone
[ "$failed" -eq 0 ] || ends_with 1
# Repeated at the end, where the tail of a log shows them, each with its whole message up to 30 lines.
failures=$(awk '/^failed / {left = 30; sub(/^failed /, "")} /^  from / {left = 0} left > 0 && NF {print; left--}' "$log" |
    cut -c 1-300 | head -n 200)
seconds "tested"

# The console's own tests, with the packages that its build has installed.
console() {
    if [ ! -d Console/node_modules/vitest ] || [ -e artifacts/console/missing.txt ]; then
        echo "the console was not built ($(cat artifacts/console/missing.txt 2>/dev/null || echo 'npm is missing')): its tests are left out"
        if [ -n "$strict" ]; then
            failed=$((failed + 1))
            ends_with 2
        else
            skipped=$((skipped + $(grep -rhE '^ *(it|test)\(' Console/test | wc -l)))
        fi
        return
    fi
    log=$PWD/artifacts/test-console.log
    echo "testing the console (log: artifacts/test-console.log)"
    status=0
    # This limit only ends a run that hangs: each test has a limit of its own.
    (cd Console && node_modules/.bin/tsc --noEmit && timeout 300 node_modules/.bin/vitest run --no-color) >"$log" 2>&1 || status=$?
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
        ends_with 1
        tail -n 60 "$log"
        failures="$failures${failures:+
}$bad of the console: $(grep -hE 'error TS|^ *FAIL ' "$log" | sort -u | head -n 5 | cut -c 1-200)"
    fi
}

console

# New seeds are run and reported. A fault that one of them finds gets a test; it is not the fault of the change at hand, so it does not fail the run.
simulator=artifacts/bin/Simulation/release/Simulation
first=${OTASK_FIRST_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
if [ -x "$simulator" ]; then
    echo "new seeds, reported only (log: artifacts/test-seeds.log); again: make simulate SEEDS=60 ARGS=\"--from $first\""
    # So few seeds end before instrumented code pays.
    DOTNET_TieredPGO=0 timeout 300 "$simulator" --from "$first" --seeds 60 >artifacts/test-seeds.log 2>&1
    grep -hE '^seed .* failed|^[0-9]+ seeds in' artifacts/test-seeds.log | head -n 6
    seconds "simulated"
fi
echo "seconds of each module:"
sed -n 's/^ *[^ ]*\/\([A-Za-z.]*\)\.dll .*(\([0-9hms ]*\))$/  \2  \1/p' artifacts/test.log | sort -u
echo "the 30 slowest tests, in seconds:"
grep -ho '<test [^>]*' "$results"/*.xunit 2>/dev/null | sed -n 's/.* name="\([^"]*\)".* time="\([0-9.]*\)".*/  \2 \1/p' |
    sort -rn | head -n 30 | cut -c 1-160
[ -z "$failures" ] || printf 'failed:\n%s\n' "$failures"
seconds "done"
[ "$skipped" -eq 0 ] && skipped= || skipped=", $skipped skipped"
echo "$passed passed, $failed failed$skipped"
exit "$code"
