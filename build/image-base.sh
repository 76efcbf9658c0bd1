#!/bin/sh
# Runs a command with BASE= naming a base image that is made here, where no image can be pulled: a minimal Debian with
# what the .NET runtime needs, served on this machine while the command runs. Takes root, debootstrap, umoci, skopeo
# and docker-registry. The root is kept in CACHE (default /var/tmp/otask-image-root) for the next run; PORT is the
# registry's port.
set -eu
cache=${CACHE:-/var/tmp/otask-image-root}
port=${PORT:-35092}
folder=$(mktemp -d /var/tmp/otask-base-XXXXXX)
registry=
trap 'status=$?; [ -z "$registry" ] || kill "$registry" 2> /dev/null || true; rm -rf "$folder"; exit $status' EXIT
trap 'exit 130' INT TERM

if [ ! -d "$cache" ]; then
    debootstrap --variant=minbase --include=ca-certificates,libssl3,libstdc++6,tzdata,zlib1g bookworm "$cache.new" > /dev/null
    rm -rf "$cache.new"/var/cache/apt/* "$cache.new"/var/lib/apt/lists/* "$cache.new"/var/log/*
    mv "$cache.new" "$cache"
fi
umoci init --layout "$folder/layout"
umoci new --image "$folder/layout:base"
umoci insert --image "$folder/layout:base" "$cache" /
umoci config --image "$folder/layout:base" --config.env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

cat > "$folder/registry.yml" <<END
version: 0.1
log: { level: error, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: $folder/registry } }
http: { addr: "127.0.0.1:$port" }
END
docker-registry serve "$folder/registry.yml" > "$folder/registry.log" 2>&1 &
registry=$!
until skopeo copy -q --dest-tls-verify=false "oci:$folder/layout:base" "docker://localhost:$port/debian:minimal" 2> "$folder/copy.log"; do
    kill -0 $registry 2> /dev/null || { cat "$folder/registry.log" "$folder/copy.log" >&2; exit 1; }
    sleep 0.2
done
BASE=localhost:$port/debian:minimal "$@"
