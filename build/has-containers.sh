#!/bin/sh
# Succeeds if podman can run a container with the machine's BusyBox, as the tests of containers do (tests/Shared/PodmanSettings.cs has the
# same settings).
set -eu
command -v podman >/dev/null
busybox=$(command -v busybox)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/root/bin"
cp "$busybox" "$folder/root/bin/true"
printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' >"$folder/containers.conf"
if command -v runc >/dev/null; then
    echo 'runtime = "runc"' >>"$folder/containers.conf"
fi
CONTAINERS_CONF=$folder/containers.conf timeout 60 podman run --rm --init --network=none \
    --ulimit=nofile=1024:1024 --ulimit=nproc=1024:1024 --rootfs "$folder/root" /bin/true
