#!/bin/sh
# Proves the .NET tools: installs them from artifacts/tool into a scratch folder, and runs them. otask alone is light, and says that
# commands that work in a store need otask-store. KEEP=1 takes the packages that are built.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
. build/version.sh
work=$(mktemp -d /var/tmp/otask-tool-XXXXXX)
trap 'status=$?; rm -rf "$work"; exit $status' EXIT
[ -n "${KEEP:-}" ] && [ -e artifacts/tool ] || build/tool.sh > /dev/null
fail() { echo "FAILED: $*" >&2; exit 1; }
install() {
    # No cache of packages may give an older one of the same version.
    NUGET_PACKAGES=$work/packages dotnet tool install "$1" --version "$version" --tool-path "$work/bin" --source "$PWD/artifacts/tool" > "$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 1; }
}
create_key() { "$work/bin/otask" key create --data "$work/store" --name test --scope read; }
install otask
"$work/bin/otask" version | grep -q "^$version\b" || fail "otask version"
found=$(find "$work/bin" -iname '*.dll' | grep -iE '/((microsoft[.])?orleans[.]|npgsql|[^/]*sqlite)' || true)
[ -z "$found" ] || fail "otask has $found"
create_key > "$work/log" 2>&1 && fail "otask works in a store without otask-store"
grep -q 'dotnet tool install otask-store' "$work/log" || { cat "$work/log" >&2; fail "otask does not say what is missing"; }
install otask-store
create_key | grep -q '^otk_' || fail "otask key"
[ -z "${OTASK_URL:-}" ] || [ "$("$work/bin/otask" run -q -- echo hello)" = hello ] || fail "otask run"
echo "installed otask $("$work/bin/otask" version), $(du -h artifacts/tool/otask."$version".nupkg | cut -f1)"
