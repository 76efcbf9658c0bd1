#!/bin/sh
# make journey: counts the source files that the first task of a fresh service passes, from POST to its result, and prints them by folder.
# The runtime compiles each method when it is first called, and logs it; ahead-of-time code is off. Files whose methods had all been called at
# the start already are not counted.
#   lab/journey.sh PROGRAM
# LIST=1 prints every file.
set -eu
folder=$(mktemp -d "${TMPDIR:-/tmp}/otask-journey-XXXXXX")
trap 'kill "$service" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"' EXIT
address=http://127.0.0.1:${PORT:-9392}
DOTNET_ReadyToRun=0 DOTNET_TieredCompilation=0 DOTNET_JitDisasmSummary=1 DOTNET_JitStdOutFile="$folder/methods" \
    "$1" --data "$folder/data" --http "${address#http://}" >"$folder/log" 2>&1 &
service=$!
until curl -sf "$address/readyz" >"$folder/ready"; do
    kill -0 "$service" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.2
done
# What follows a start, such as the first heartbeats and the worker's first slots, is not part of the task.
sleep "${SETTLE:-15}"
before=$(wc -l <"$folder/methods")
id=$(curl -sf -H "Content-Type: application/json" "$address/api/v1/tasks" -d '{"cmd":"echo done"}' | sed 's/.*"id":"\([^"]*\)".*/\1/')
curl -sf "$address/api/v1/tasks/$id?wait=30s" >"$folder/task"
grep -q '"state":"succeeded"' "$folder/task" || { cat "$folder/task" >&2; exit 1; }
kill -TERM "$service"
wait "$service" || true
# The log is written in blocks, so the end of the service comes after the task. Its methods are cut off where the signal was handled.
tail -n +"$((before + 1))" "$folder/methods" | sed '/SignalLifetime/,$d' | sed -n 's/^ *[0-9]*: JIT compiled \([^ :]*\):.*/\1/p' | sort -u >"$folder/types"
python3 - "$folder/types" <<'EOF'
import collections, os, re, subprocess, sys
files = subprocess.run(["git", "ls-files", "*.cs"], capture_output=True, text=True, check=True).stdout.split()
declared = collections.defaultdict(list)
for file in files:
    if file.startswith(("tests/", "bench/", "lab/", "samples/")):
        continue
    text = open(file, encoding="utf-8").read()
    for name in re.findall(r"\b(?:class|struct|interface|record(?: struct| class)?)\s+(\w+)", text):
        declared[name].append((file, re.findall(r"^namespace ([\w.]+)", text, re.M)))
passed = set()
for line in open(sys.argv[1]):
    full = re.split(r"[`\[]", line.strip())[0]
    if not full.startswith("OrleansTasks."):
        continue
    namespace, _, name = full.split("+")[0].rpartition(".")
    passed.update(file for file, namespaces in declared.get(name, ()) if namespace in namespaces)
rooms = collections.Counter(file.split("/")[0] for file in passed)
for room, count in sorted(rooms.items(), key=lambda pair: -pair[1]):
    print(f"{count:5} {room}")
print(f"{len(passed):5} in all")
if os.environ.get("LIST"):
    print(*sorted(passed), sep="\n")
EOF
