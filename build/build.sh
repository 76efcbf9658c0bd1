#!/bin/sh
# Builds in Release for one engine, unless it is built already.
#   build/build.sh run   the service and the command line: what `make run` needs
#   build/build.sh all   everything, tests and bench included
# What is built is remembered in artifacts/<engine>/.built-<what>: nothing is built again until a source file is newer.
set -eu
cd "$(dirname "$0")/.."
what=$1
engine=$(build/engine.sh)
out=artifacts/$engine
stamp=$out/.built-$what
run_sources="Cli Client Engine.Embedded Grains Grains.Interfaces Grpc Silo Storage Worker Directory.Build.props Directory.Build.targets \
    Directory.Packages.props global.json .editorconfig build"
case $what in
    run)
        target=build/Run.slnf
        sources=$run_sources
        ;;
    all)
        target=OrleansTasks.sln
        sources="$run_sources tests bench OrleansTasks.sln"
        ;;
    *)
        echo "usage: build/build.sh run|all" >&2
        exit 2
        ;;
esac

# A folder's own time counts too: it changes when a file in it is deleted or renamed.
built() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "${ORLEANS_VERSION:-}" ] &&
        [ -z "$(find $sources -newer "$stamp" -print -quit)" ]
}

if built; then
    exit 0
fi
mkdir -p "$out"
# Two builds into one folder would break each other; the second waits here, and then finds the work done.
if [ -z "${BUILD_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
    BUILD_LOCKED=1 exec flock -o "$out/.build-lock" "$0" "$what"
fi
echo "building for engine $engine (log: $out/build-$what.log)"
touch "$stamp.new"
printf '%s\n' "${ORLEANS_VERSION:-}" >"$stamp.text"
# The compiler stays loaded from project to project, which saves a third of the time, in a server that is this build's alone and
# ends with it: nothing that a build started may outlive it.
compiler=otask-build-$$-$(date +%s)
trap 'pkill -f -- "-pipename:$compiler" || true' EXIT
trap 'exit 130' INT TERM
if ! dotnet build "$target" -c Release -nologo -v m -nodeReuse:false -p:SharedCompilationId="$compiler" -p:Engine="$engine" \
    ${ORLEANS_VERSION:+"-p:OrleansVersion=$ORLEANS_VERSION"} >"$out/build-$what.log" 2>&1; then
    grep -E 'error|MSB' "$out/build-$what.log" | sort -u | head -n 40 >&2
    echo "the build failed; all of its output is in $out/build-$what.log" >&2
    exit 1
fi
cat "$stamp.text" >"$stamp"
rm -f "$stamp.text"
# The time that counts is the one at which the build began: what was saved meanwhile is newer.
touch -r "$stamp.new" "$stamp"
rm -f "$stamp.new"
if [ "$what" = all ]; then
    cp -p "$stamp" "$out/.built-run"
fi
