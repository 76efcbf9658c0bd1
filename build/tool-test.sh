#!/bin/sh
# Proves the .NET tool: installs it from artifacts/tool into a scratch folder, and runs it. KEEP=1 takes the package
# that is built.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
. build/version.sh
work=$(mktemp -d /var/tmp/otask-tool-XXXXXX)
trap 'status=$?; rm -rf "$work"; exit $status' EXIT
[ -n "${KEEP:-}" ] && [ -e artifacts/tool ] || build/tool.sh > /dev/null
# No cache of packages may give an older one of the same version.
NUGET_PACKAGES=$work/packages dotnet tool install otask --version "$version" --tool-path "$work/bin" --source "$PWD/artifacts/tool" > "$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
"$work/bin/otask" version | grep -q "^$version\b" || { echo "FAILED: otask version" >&2; exit 1; }
"$work/bin/otask" key create --data "$work/store" --name test --scope read | grep -q '^otk_' || { echo "FAILED: otask key" >&2; exit 1; }
[ -z "${OTASK_URL:-}" ] || [ "$("$work/bin/otask" run -q -- echo hello)" = hello ] || { echo "FAILED: otask run" >&2; exit 1; }
echo "installed otask $("$work/bin/otask" version), $(du -h artifacts/tool/otask.*.nupkg | cut -f1)"
