#!/bin/sh
# Publishes programs, with the .NET runtime, into one folder: publish.sh FOLDER PROJECT… VERSION= sets another
# version, RID= another runtime identifier than linux-x64, OPTIONS= further options of dotnet publish.
set -eu
cd "$(dirname "$0")/.."
. build/dotnet-root.sh
folder=$1
shift
for project; do
    # shellcheck disable=SC2086
    dotnet publish "$project" -c Release -r "${RID:-linux-x64}" --self-contained ${VERSION:+-p:Version="$VERSION"} ${OPTIONS:-} \
        -o "$folder" -nologo -v q
done
find "$folder" -type f -exec chmod 0644 {} +
for program in otask otask-store OrleansTasks.AllInOne OrleansTasks.Client OrleansTasks.Silo OrleansTasks.Worker createdump; do
    [ ! -e "$folder/$program" ] || chmod 0755 "$folder/$program"
done
