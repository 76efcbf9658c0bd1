#!/bin/sh
# Applies each patch of tests/mutations to a copy of what is committed, builds, and runs the test that its header names: it must
# fail. Arguments: numbers of some patches. The last line says how many were noticed, and how many of them by simulation alone.
set -eu
cd "$(dirname "$0")/.."
export ENGINE=Embedded
. build/dotnet-root.sh
tree=$PWD/artifacts/mutations/tree
log=$PWD/artifacts/mutations/log
seeds=${SEEDS:-400}
rm -rf "$tree" "$log"
mkdir -p "$tree" "$log"
git archive HEAD | tar -x -C "$tree"
mkdir -p "$tree/artifacts"
printf 'Embedded\n' >"$tree/artifacts/engine"
noticed=0
simulated=0
missed=

build() {
    (cd "$tree" && dotnet build "tests/$1" -c Release -nologo -v q -p:Engine=Embedded) >"$2" 2>&1
}

# What fails must be the test, not the machine: unchanged, everything holds.
run() {
    case $1 in
        Simulation)
            timeout -k 5 900 "$tree/artifacts/Embedded/bin/Simulation/release/Simulation" --seeds "$seeds" --first
            ;;
        *)
            timeout -k 5 300 "$tree/artifacts/Embedded/bin/$1/release/$1" --no-progress --no-ansi --filter-method "$2"
            ;;
    esac
}

for patch in tests/mutations/*.patch; do
    name=$(basename "$patch" .patch)
    if [ $# -gt 0 ]; then
        wanted=no
        for number in "$@"; do
            case $name in "$(printf %02d "$number")"-*) wanted=yes ;; esac
        done
        [ $wanted = yes ] || continue
    fi
    test=$(sed -n 's/^Test: //p' "$patch")
    project=${test%% *}
    method=${test#* }
    if ! (cd "$tree" && patch -s -p1 -i "$OLDPWD/$patch") >"$log/$name.patch" 2>&1; then
        echo "$name: does not apply any more (see $log/$name.patch)"
        missed="$missed $name"
        continue
    fi
    if ! build "$project" "$log/$name.build"; then
        echo "$name: does not build (see $log/$name.build)"
        missed="$missed $name"
    elif run "$project" "$method" >"$log/$name.run" 2>&1; then
        echo "$name: NOT noticed by $test"
        missed="$missed $name"
    else
        noticed=$((noticed + 1))
        [ "$project" != Simulation ] || simulated=$((simulated + 1))
        echo "$name: noticed by $test: $(grep -m 1 -E '^seed |^failed |Assert|Expected' "$log/$name.run" | cut -c 1-160)"
    fi
    (cd "$tree" && patch -s -R -p1 -i "$OLDPWD/$patch")
done
rm -rf "$tree"
echo "$noticed noticed, $simulated of them by simulation alone${missed:+; missed:$missed}"
[ -z "$missed" ]
