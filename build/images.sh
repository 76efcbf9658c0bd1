#!/bin/sh
# Builds the container images into artifacts/images, with the SDK alone: an archive for each program, which podman
# load and docker load take. VERSION= sets another version, RID= another runtime identifier than linux-x64, BASE=
# another base image than the SDK's.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
out=artifacts/images
rm -rf "$out"
for project in AllInOne Client Silo Worker Cli.Store; do
    name=$(sed -n 's:.*<ContainerRepository>\(.*\)</ContainerRepository>.*:\1:p' $project/$project.csproj)
    OPTIONS="-t:PublishContainer -p:ContainerArchiveOutputPath=$PWD/$out/$name-$version-$rid.tar ${BASE:+-p:ContainerBaseImage=$BASE}" \
        build/publish.sh "$out/$name" $project
    rm -rf "${out:?}/$name"
done
ls $out/*.tar
