#!/bin/sh
# Runs one built test project and writes its counts for build/test.sh: build/test-project.sh ENGINE RESULTS PROJECT
set -eu
engine=$1
results=$2
name=$3
cd "$(dirname "$0")/.."
out=$results/$engine.$name
program=artifacts/$engine/bin/$name/release/$name
limit=${TEST_SECONDS:-600}
status=0
# A test that hangs is named: passed ones are listed, and one that runs for a minute is told of.
timeout -k 10 "$limit" "$program" --no-progress --no-ansi --output Detailed --long-running 60 --xunit-diagnostics on --results-directory "$results" \
    --report-xunit --report-xunit-filename "$engine.$name.xml" >"$out.log" 2>&1 </dev/null || status=$?

count() {
    sed -n "s/^ *$1: \([0-9][0-9]*\).*/\1/p" "$out.log" | tail -n 1
}

passed=$(count succeeded)
failed=$(count failed)
skipped=$(count skipped)
passed=${passed:-0}
failed=${failed:-0}
skipped=${skipped:-0}
note=
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    note=" (cut off after $limit s)"
elif [ "$status" -eq 8 ]; then
    note=" (no test in it)"
elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    note=" (ended with code $status)"
fi
# A project that did not come to its end has failed, whatever it had counted until then.
if [ -n "$note" ] && [ "$failed" -eq 0 ]; then
    failed=1
fi
echo "$passed $failed $skipped" >"$out.counts"
if [ -s "$out.xml" ]; then
    tr '\n' ' ' <"$out.xml" | sed 's/<test /\n<test /g' | sed -n 's/^<test [^>]*result="Skip".*/&/p' |
        sed -n 's/.* type="\([^"]*\)".* method="\([^"]*\)".*/\1.\2/p' >"$out.skipped"
fi
if [ "$failed" -ne 0 ]; then
    grep -vE '^(xUnit.net|passed |$)' "$out.log" | tail -n 120
fi
echo "$engine $name: $passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")$note"
