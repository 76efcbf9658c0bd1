# Sourced, by root. Has podman run where root may not raise limits of resources, and without systemd: writes the file CONTAINERS_CONF.
cat > "$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
END
export CONTAINERS_CONF
