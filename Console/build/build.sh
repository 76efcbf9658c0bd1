#!/bin/sh
# Builds the console into the folder $1, once for all builds that ask at the same time. What goes wrong ends up in missing.txt, which the
# plain page shows in the console's place; the build of the service goes on.
out=$1
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"

missing() {
    rm -f "$out/console.tar" "$out/inputs.txt"
    printf '%s\n' "$1" >"$out/missing.txt"
    echo "console: not built, the plain page stays: $1"
    exit 0
}

# Not recorded in the stamp: the next build looks again.
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    missing "npm is not installed. Install Node.js 22 or later with npm and build again."
cd "$here" || exit 1
timeout -k 5 60 flock "$out/lock" node build/build.mjs "$out" >"$out/build.log" 2>&1
status=$?
touch "$out/stamp"
case $status in
    0) rm -f "$out/missing.txt" ;;
    124 | 137) missing "building took longer than 60 s. Run make console, which has more time and shows what happens." ;;
    *) missing "$(grep -v '^npm warn' "$out/build.log" | tail -n 1 | cut -c 1-200). Run make console to see all of it." ;;
esac
