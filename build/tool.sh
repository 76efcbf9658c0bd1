#!/bin/sh
# Packs otask as a .NET tool into artifacts/tool. VERSION= sets another version.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
. build/version.sh
rm -rf artifacts/tool
# Machine code of this machine's architecture has no place in a tool for all of them.
dotnet pack Cli -c Release -p:Version="$version" -p:IsReadyToRun=false -o artifacts/tool -nologo -v q
ls artifacts/tool/*.nupkg
