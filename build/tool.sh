#!/bin/sh
# Packs otask and otask-store as .NET tools into artifacts/tool. VERSION= sets another version.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
. build/version.sh
rm -rf artifacts/tool
# Machine code of this machine's architecture has no place in a tool for all of them.
for project in Cli Cli.Store; do
    dotnet pack $project -c Release -p:Version="$version" -p:IsReadyToRun=false -o artifacts/tool -nologo -v q
done
ls artifacts/tool/*.nupkg
