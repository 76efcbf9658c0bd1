#!/bin/sh
# Breaks a copy of what is committed, one patch of lab/mutations after the other, and expects the test that the patch names
# to fail.
#   lab/mutations.sh [NUMBER...]   all patches, or those with these numbers
# First, every named test must pass on the unchanged copy. A patch counts as noticed only when its own test fails: an xunit
# test by its name, the simulation by a seed whose referee found a violation or something that never ended. The run fails
# when a patch does not apply, does not build, or only crashes the test program. A table for docs/evidence comes last.
# SEEDS: how many seeds the simulation runs (400).
set -eu
cd "$(dirname "$0")/.."
# Style is no concern of a mutation's, and analyzers take most of a build.
export RunAnalyzers=false
. build/dotnet-root.sh
tree=$PWD/artifacts/mutations/tree
log=$PWD/artifacts/mutations/log
table=$PWD/artifacts/mutations/summary.md
seeds=${SEEDS:-400}
rm -rf "$tree" "$log"
mkdir -p "$tree" "$log"
git archive HEAD | tar -x -C "$tree"
noticed=0
simulated=0
missed=

chosen() {
    [ -n "$numbers" ] || return 0
    for number in $numbers; do
        case $1 in "$(printf %02d "${number#0}")"-*) return 0 ;; esac
    done
    return 1
}

header() {
    sed -n "s/^$1: //p" "$2"
}

build() {
    (cd "$tree" && dotnet build "tests/$1" -c Release -nologo -v q) >"$2" 2>&1
}

# The project's test, or the simulation; its output is the evidence, its exit code is not.
run() {
    case $1 in
        Simulation)
            timeout -k 5 900 "$tree/artifacts/bin/Simulation/release/Simulation" --from 1 --seeds "$seeds" --first
            ;;
        *)
            timeout -k 5 300 "$tree/artifacts/bin/$1/release/$1" \
                --no-progress --no-ansi --output Detailed --filter-method "$2"
            ;;
    esac >"$3" 2>&1 </dev/null || echo "exit code $?" >>"$3"
}

# Whether the test passed, and did run.
passed() {
    if [ "$1" = Simulation ]; then
        # Exit code 1 without a failed seed: something that campaigns must see has not happened in so few seeds.
        ! grep -q '^seed .* failed at' "$2" && grep -q '^[0-9]* seeds in' "$2"
    else
        ! grep -q '^exit code' "$2" && grep -qE '^ *succeeded: [1-9]' "$2"
    fi
}

# How the named test failed, in a line: "KIND|WHAT"; nothing when it did not.
failure() {
    if [ "$1" = Simulation ]; then
        seed=$(grep -m 1 '^seed .* failed at' "$3") || return 0
        what=${seed#* s: }
        # An exception is no finding of the referee's: it may be the mutation's own clumsiness.
        case $what in
            [A-Z]*Exception:* | System.*) ;;
            *'have not ended'*) echo "never ends|${seed%% failed*}: $what" ;;
            *) echo "violation|${seed%% failed*}: $what" ;;
        esac
        return 0
    fi
    sed -n 's/^failed \([^ (]*\).*/\1/p' "$3" | while read -r name; do
        # $2 is a pattern, as the runner takes it.
        # shellcheck disable=SC2254
        case $name in $2)
            echo "test|$(grep -m 1 -E 'Assert\.|Expected:|Exception : |Falsifiable' "$3" | sed 's/^ *//; s/^Xunit[^ ]* //; s/^System.Exception : //')"
            break
            ;;
        esac
    done
}

report() {
    what=$(printf '%s' "$3" | tr '|' '/' | cut -c 1-110)
    printf '| %s | %s | %s | %s |\n' "$(echo "$1" | tr - ' ')" "$2" "${4:-**not noticed**}" "$what" >>"$table"
    [ -n "${4:-}" ] || missed="$missed $1"
    echo "$1: ${4:-NOT noticed}: $what"
}

numbers=$*
patches=
for patch in lab/mutations/*.patch; do
    if chosen "$(basename "$patch" .patch)"; then
        patches="$patches $patch"
    fi
done

echo "baseline: every named test on the unchanged tree"
for patch in $patches; do
    header Test "$patch"
done | sort -u >"$log/tests"
cut -d ' ' -f 1 "$log/tests" | sort -u >"$log/projects"
while read -r project; do
    build "$project" "$log/baseline.$project.build" || {
        echo "$project does not build unchanged (see $log/baseline.$project.build)"
        exit 1
    }
done <"$log/projects"
while read -r project method; do
    out=$log/baseline.$project.$(printf '%s' "$method" | tr -cd 'A-Za-z0-9_').run
    run "$project" "$method" "$out"
    passed "$project" "$out" || {
        echo "$project $method does not pass on the unchanged tree (see $out)"
        exit 1
    }
done <"$log/tests"

printf '| patch | test | noticed | how |\n| --- | --- | --- | --- |\n' >"$table"
for patch in $patches; do
    name=$(basename "$patch" .patch)
    test=$(header Test "$patch")
    project=${test%% *}
    method=${test#* }
    if ! (cd "$tree" && patch -s -p1 --no-backup-if-mismatch -i "$OLDPWD/$patch") >"$log/$name.patch" 2>&1; then
        report "$name" "$test" "does not apply any more (see $log/$name.patch)"
        # Whatever of it did apply must not stay.
        git archive HEAD | tar -x -m -C "$tree"
        continue
    fi
    if ! build "$project" "$log/$name.build"; then
        report "$name" "$test" "does not build (see $log/$name.build)"
    else
        run "$project" "$method" "$log/$name.run"
        found=$(failure "$project" "$method" "$log/$name.run")
        if [ -z "$found" ]; then
            report "$name" "$test" "see $log/$name.run"
        else
            noticed=$((noticed + 1))
            [ "$project" != Simulation ] || simulated=$((simulated + 1))
            report "$name" "$test" "${found#*|}" "${found%%|*}"
        fi
    fi
    (cd "$tree" && patch -s -R -p1 --no-backup-if-mismatch -i "$OLDPWD/$patch")
done
rm -rf "$tree"
echo
cat "$table"
echo
echo "commit $(git rev-parse --short=12 HEAD): $noticed noticed, $simulated of them by simulation${missed:+; missed:$missed}"
[ -z "$missed" ]
