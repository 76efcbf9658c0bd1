#!/bin/sh
# Builds the Debian packages otask, orleanstasks and orleanstasks-worker into artifacts/deb. Needs dpkg-deb and gzip.
# VERSION= sets another version, RID= another runtime identifier than linux-x64.
set -eu
cd "$(dirname "$0")/.."
. build/version.sh
case $rid in linux-x64) arch=amd64 ;; linux-arm64) arch=arm64 ;; *) echo "deb: no Debian architecture for $rid" >&2; exit 2 ;; esac
out=artifacts/deb
rm -rf "$out"
programs=$out/otask/usr/lib/orleanstasks
build/publish.sh "$programs" AllInOne Client Silo Worker Cli Cli.Store

mkdir -p $out/otask/usr/bin $out/otask/usr/share/bash-completion/completions
ln -s ../lib/orleanstasks/otask $out/otask/usr/bin/otask
"$programs"/otask completion bash > $out/otask/usr/share/bash-completion/completions/otask
mkdir -p $out/otask/usr/share/man/man1
sed "s/@VERSION@/$version/" deploy/deb/otask.1 | gzip -9n > $out/otask/usr/share/man/man1/otask.1.gz
units() { # PACKAGE UNIT…: the units, with the programs where the package puts them
    mkdir -p "$out/$1/usr/lib/systemd/system" "$out/$1/etc/orleanstasks"
    package=$1 && shift
    for unit; do
        sed -e 's:/opt/orleanstasks/\(service\|worker\)/:/usr/lib/orleanstasks/:' \
            -e 's:docs/systemd.md:/usr/share/doc/otask/systemd.md:' "deploy/systemd/$unit.service" \
            > "$out/$package/usr/lib/systemd/system/$unit.service"
    done
}
units orleanstasks otask otask-silo otask-gateway
units orleanstasks-worker otask-worker
# The packages' scripts change where the link leads while files are replaced.
sed -i 's:^ExecStart=/usr/lib/orleanstasks/:ExecStart=/var/lib/otask-worker-program/:' $out/orleanstasks-worker/usr/lib/systemd/system/otask-worker.service
rmdir $out/orleanstasks-worker/etc/orleanstasks $out/orleanstasks-worker/etc
sed -i -e 's:--http 127.0.0.1\:9092 :: ; s: --drain 30s: $OPTIONS:' -e 's:^ExecStart=:EnvironmentFile=/etc/orleanstasks/service.conf\n&:' \
    $out/orleanstasks/usr/lib/systemd/system/otask.service
cp deploy/deb/orleanstasks/service.conf $out/orleanstasks/etc/orleanstasks/
mkdir -p $out/orleanstasks/etc/xdg/otask
cp deploy/deb/orleanstasks/config.json $out/orleanstasks/etc/xdg/otask/

users=$(cat deploy/deb/users.sh)
worker=$(cat deploy/deb/worker-program.sh)
for package in otask orleanstasks orleanstasks-worker; do
    root=$out/$package
    doc=$root/usr/share/doc/$package
    mkdir -p "$root/DEBIAN" "$doc"
    sed "s/@VERSION@/$version/; s/@ARCH@/$arch/" deploy/deb/$package/control > "$root/DEBIAN/control"
    for script in preinst postinst prerm postrm; do
        [ -e deploy/deb/$package/$script ] || continue
        users="$users" worker="$worker" awk '$0 == "@USERS@" { print ENVIRON["users"]; next } $0 == "@WORKER@" { print ENVIRON["worker"]; next } { print }' deploy/deb/$package/$script > "$root/DEBIAN/$script"
        chmod 0755 "$root/DEBIAN/$script"
    done
    if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f | sed 's:^:/:') > "$root/DEBIAN/conffiles"; fi
    { printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: OrleansTasks\n\nFiles: *\n'
      printf 'Copyright: the OrleansTasks authors; the .NET Foundation and contributors (runtime)\nLicense: MIT\n'
      sed '1,/^$/d; s/^$/./; s/^/ /' LICENSE; } > "$doc/copyright"
    printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- OrleansTasks <orleanstasks@localhost>  %s\n' \
        $package "$version" "$(date -R -d "@$(git log -1 --format=%ct)")" | gzip -9n > "$doc/changelog.gz"
    mkdir -p "$root/usr/share/lintian/overrides"
    { sed "s/@PACKAGE@/$package/" deploy/deb/lintian-overrides
      if [ -e deploy/deb/$package/lintian-overrides ]; then cat deploy/deb/$package/lintian-overrides; fi
    } > "$root/usr/share/lintian/overrides/$package"
done
cp docs/systemd.md $out/otask/usr/share/doc/otask/
find $out -mindepth 2 -type d -exec chmod 0755 {} +
find $out/*/etc $out/*/usr/share -type f -exec chmod 0644 {} +
for package in otask orleanstasks orleanstasks-worker; do
    dpkg-deb --root-owner-group -Zxz -z3 --build $out/$package $out > /dev/null
    rm -rf "${out:?}/$package"
done
ls $out/*.deb
