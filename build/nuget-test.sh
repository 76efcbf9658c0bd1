#!/bin/sh
# Proves the packages for .NET programs: makes a worker from the template in a scratch folder, with package and template folders of its
# own, and runs a task on it. Then a project with the client compiles. KEEP=1 takes the packages that are built. PORT and the port after
# it are the service's.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
. build/dotnet-root.sh
flavour=${1:-release}
port=${PORT:-35097}
work=$(mktemp -d /var/tmp/otask-nuget-XXXXXX)
running=
trap 'status=$?; for process in $running; do kill "$process" 2> /dev/null || true; done; wait; [ $status = 0 ] || tail -n 20 "$work"/*.log >&2; rm -rf "$work"; exit $status' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e artifacts/nuget ] || make -s nuget > "$work/pack.log"
# No cache of packages may give older ones of the same version.
export NUGET_PACKAGES="$work/packages"
feed=$PWD/artifacts/nuget
hive="--debug:custom-hive $work/hive"
# shellcheck disable=SC2086
dotnet new install "$feed/OrleansTasks.Templates.$version.nupkg" $hive > "$work/install.log" || fail "the template does not install"
# shellcheck disable=SC2086
(cd "$work" && dotnet new nugetconfig $hive > nugetconfig.log && dotnet nuget add source "$feed" --name orleanstasks --configfile nuget.config > source.log &&
    dotnet new orleanstasks-worker -o Greeter $hive > new.log) || fail "the template makes no project"
[ -e "$work/Greeter/Greeter.csproj" ] || fail "the project is not named Greeter"
dotnet build "$work/Greeter" -nologo -v q -warnaserror > "$work/build.log" || { cat "$work/build.log"; fail "the project does not compile"; }

mkdir "$work/run"
artifacts/bin/AllInOne/$flavour/OrleansTasks.AllInOne --slots 0 --http "127.0.0.1:$port" --grpc "127.0.0.1:$((port + 1))" \
    --data "$work/run/data" > "$work/service.log" 2>&1 &
running="$! $running"
for _ in $(seq 600); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
    kill -0 "${running%% *}" || fail "the service has ended"
    sleep 0.1
done
(cd "$work/run" && exec dotnet "$work"/Greeter/bin/Debug/net10.0/Greeter.dll --Worker:Masters:0 "127.0.0.1:$((port + 1))") > "$work/worker.log" 2>&1 &
running="$! $running"
export OTASK_URL="http://127.0.0.1:$port"
[ "$(bin/otask run -q --require handler/greet=true -- greet Ada)" = 'Hello, Ada!' ] || fail "the task did not run"
for process in $running; do
    kill "$process"
    wait "$process" || fail "a program ended with $? after SIGTERM"
done
running=
echo "a worker from the template ran a task"

(cd "$work" && dotnet new console -o Shop --no-restore > shop.log && cd Shop && dotnet add package OrleansTasks.ApiClient --version "$version" > ../add.log &&
    dotnet build -nologo -v q > ../shop.log) || fail "no program compiles with OrleansTasks.ApiClient"
echo "dotnet add package OrleansTasks.ApiClient $version"
