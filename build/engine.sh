#!/bin/sh
# Prints the engine to build and run: Orleans or Embedded. ENGINE forces one; otherwise the answer is asked for once (can the
# Orleans packages be restored here?) and recorded in artifacts/engine, its reason in artifacts/engine-reason.
#   build/engine.sh           the engine's name
#   build/engine.sh why       a line for people: the engine and why
#   build/engine.sh orleans   exit code 0 when the Orleans packages restore
#   build/engine.sh again     forgets the record and asks once more
set -eu
cd "$(dirname "$0")/.."
record=artifacts/engine
reason=artifacts/engine-reason
asked=artifacts/engine-asked
limit=${PROBE_SECONDS:-60}

central_version() {
    sed -n 's/.*<OrleansVersion [^>]*>\([^<]*\)<.*/\1/p' Directory.Packages.props
}

version=${ORLEANS_VERSION:-$(central_version)}

probe() {
    mkdir -p artifacts/probe
    log=artifacts/probe/restore.log
    status=0
    timeout -k 5 "$limit" dotnet restore build/probe/Probe.csproj -nologo -v q -nodeReuse:false \
        -p:Engine=Orleans "-p:OrleansVersion=$version" "-p:ArtifactsPath=$PWD/artifacts/probe" >"$log" 2>&1 || status=$?
    if [ "$status" -eq 0 ]; then
        engine=Orleans
        why="the Orleans packages, version $version, can be restored"
    elif [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        engine=Embedded
        why="restoring the Orleans packages, version $version, took longer than $limit s"
    else
        engine=Embedded
        what=$(sed -n 's/^.*error \(NU[0-9]*: [^[]*\).*$/\1/p' "$log" | sed 's/[. ]*$//' | head -n 1)
        why="the Orleans packages, version $version, cannot be restored: ${what:-see $log}"
    fi
    # The record is written last and by a rename, so that an interrupted probe is asked again.
    printf '%s\n' "$why" >"$reason"
    printf '%s\n' "$version" >"$asked"
    printf '%s\n' "$engine" >"$record.new"
    mv "$record.new" "$record"
}

ensure() {
    if [ -s "$record" ] && { [ ! -s "$asked" ] || [ "$(cat "$asked")" = "$version" ]; }; then
        return 0
    fi
    echo "engine: asking once whether the Orleans packages can be restored" >&2
    probe
}

case "${ENGINE:-}" in
    '' | Orleans | Embedded) ;;
    *)
        echo "ENGINE must be Orleans or Embedded, and is '$ENGINE'." >&2
        exit 2
        ;;
esac

case "${1:-name}" in
    name)
        if [ -n "${ENGINE:-}" ]; then
            echo "$ENGINE"
        else
            ensure
            cat "$record"
        fi
        ;;
    why)
        if [ -n "${ENGINE:-}" ]; then
            echo "engine: $ENGINE (forced by ENGINE=$ENGINE)"
        else
            ensure
            echo "engine: $(cat "$record") ($(cat "$reason" 2>/dev/null || echo 'as recorded in artifacts/engine'))"
        fi
        ;;
    orleans)
        ensure
        [ "$(cat "$record")" = Orleans ]
        ;;
    again)
        rm -f "$record" "$reason" "$asked"
        ensure
        echo "engine: $(cat "$record") ($(cat "$reason"))"
        ;;
    *)
        echo "usage: build/engine.sh [name|why|orleans|again]" >&2
        exit 2
        ;;
esac
