#!/bin/sh
# Proves the archives: unpacks them into a scratch folder and, with no .NET on the machine's PATH, starts the service
# and a worker and runs a task on each. KEEP=1 takes the archives that are built. PORT and the port after it are the
# service's.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
work=$(mktemp -d /var/tmp/otask-archives-XXXXXX)
port=${PORT:-35095}
running=
trap 'status=$?; for process in $running; do kill "$process" 2> /dev/null || true; done; wait; [ $status = 0 ] || tail -n 20 "$work"/*.log >&2; rm -rf "$work"; exit $status' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

[ -n "${KEEP:-}" ] && [ -e artifacts/archives ] || build/archives.sh > /dev/null
(cd artifacts/archives && sha256sum -c --quiet SHA256SUMS) || fail "SHA256SUMS"
for archive in artifacts/archives/*.tar.gz; do tar -xzf "$archive" -C "$work"; done
service=$work/orleanstasks-$version-$rid
worker=$work/orleanstasks-worker-$version-$rid
otask=$work/otask-$version-$rid/otask
for folder in "$service" "$worker" "${otask%/otask}"; do
    [ "$(wc -l < "$folder/README.txt")" = 5 ] && [ -e "$folder/LICENSE" ] || fail "$folder has no README.txt of five lines or no LICENSE"
done
# What the programs and the tasks call, without dotnet.
mkdir "$work/bin"
for program in sh env echo; do ln -s "/bin/$program" "$work/bin/"; done
plain="env -i PATH=$work/bin HOME=$work OTASK_URL=http://127.0.0.1:$port"
$plain sh -c 'command -v dotnet' && fail "dotnet is on PATH"
size() { du -sh "$1" | cut -f1; }
echo "unpacked: service $(size "$service"), worker $(size "$worker"), otask $(size "${otask%/otask}")"

# Our own libraries have machine code, unless the compiler could not be restored (build/ReadyToRun.targets).
[ -e artifacts/readytorun ] || python3 - "$service" "$worker" << 'END' || fail "libraries have no machine code"
import pathlib, struct, sys

def has_machine_code(file):
    data = file.read_bytes()
    at = lambda offset, kind='<I': struct.unpack_from(kind, data, offset)[0]
    header = at(0x3c) + 4
    options = header + 20
    runtime = at(options + (112 if at(options, '<H') == 0x20b else 96) + 14 * 8)  # the address of the runtime's header
    for section in range(options + at(header + 16, '<H'), len(data), 40):
        address = at(section + 12)
        if address <= runtime < address + at(section + 16):
            return at(runtime - address + at(section + 20) + 68) > 0  # the size of ManagedNativeHeader

without = [str(file) for folder in sys.argv[1:] for pattern in ('OrleansTasks*.dll', 'otask*.dll')
           for file in pathlib.Path(folder).glob(pattern) if not has_machine_code(file)]
sys.exit('\n'.join(without))
END

began=$(date +%s.%N)
$plain "$service/OrleansTasks.AllInOne" --slots 0 --http "127.0.0.1:$port" --grpc "127.0.0.1:$((port + 1))" --data "$work/data" \
    > "$work/service.log" 2>&1 &
running="$! $running"
for _ in $(seq 600); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
    kill -0 "${running%% *}" || fail "the service has ended"
    sleep 0.1
done
$plain "$worker/OrleansTasks.Worker" --master "127.0.0.1:$((port + 1))" --name w1 --slots 2 --data "$work/worker" > "$work/worker.log" 2>&1 &
running="$! $running"
[ "$($plain "$otask" run -q -- echo hello)" = hello ] || fail "the task did not run"
echo "started to first task's end: $(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }')"
$plain "$otask" version | grep -q "^$version\b" || fail "otask version"
[ "$($plain "$service/otask" run -q -- echo again)" = again ] || fail "the service's otask"
$plain "$service/otask" key create --data "$work/data" --name test --scope read > "$work/key" || fail "otask does not reach a store"
$plain "$otask" key list --data "$work/data" 2> "$work/said" && fail "otask reaches a store without otask-store"
grep -q otask-store "$work/said" || fail "otask does not say what it lacks"
[ "$(ls "${otask%/otask}" | tr '\n' ' ')" = "LICENSE README.txt otask " ] || fail "otask is not alone in its archive"
for process in $running; do
    kill "$process"
    wait "$process" || fail "a program ended with $? after SIGTERM"
done
running=
echo "ended by SIGTERM"
