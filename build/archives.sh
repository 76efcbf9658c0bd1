#!/bin/sh
# Builds archives of programs with the .NET runtime into artifacts/archives, and SHA256SUMS: orleanstasks (all in one,
# gateway, silo, otask and otask-store), orleanstasks-worker and otask alone. VERSION= sets another version, RID= another runtime identifier than
# linux-x64.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
out=artifacts/archives
rm -rf "$out"
archive() { # NAME PROJECT…
    name=$1
    full=$name-$version-$rid
    shift
    build/publish.sh "$out/$full" "$@"
    sed "s/@VERSION@/$version/" deploy/archives/$name.txt > "$out/$full/README.txt"
    cp LICENSE "$out/$full/"
    # The same files give the same archive.
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX --mtime="@$(git log -1 --format=%ct)" -C $out -cf - "$full" |
        gzip -n > "$out/$full.tar.gz"
    rm -rf "${out:?}/$full"
}
archive orleanstasks AllInOne Client Silo Cli Cli.Store
archive orleanstasks-worker Worker
OPTIONS=-p:PublishSingleFile=true archive otask Cli
(cd $out && sha256sum -- *.tar.gz > SHA256SUMS)
ls $out/*
