#!/bin/sh
# Proves the Debian packages in a fresh Debian root under a real systemd: installs them, runs a task, aborts an upgrade, upgrades under load, purges.
# A task that a worker of its own runs goes on through the upgrade, in its first attempt.
# Takes root, debootstrap and systemd-nspawn; KEEP=1 takes the packages that are built. The root is kept in CACHE (default /var/tmp/otask-deb-root) for the next run.
set -eu
cd "$(dirname "$0")/.."
cache=${CACHE:-/var/tmp/otask-deb-root}
root=$(mktemp -d /var/tmp/otask-deb-XXXXXX)
machine=
trap 'status=$?; [ -z "$machine" ] || kill "$machine" 2> /dev/null || true; wait; rm -rf "$root" "$root".*; exit $status' EXIT
say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

[ -d "$cache/usr" ] || debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,python3 bookworm "$cache" > /dev/null
cp -a "$cache/." "$root"
[ -e artifacts/deb ] && [ -n "${KEEP:-}" ] || build/deb.sh > /dev/null
mkdir "$root/v1"
cp artifacts/deb/*.deb "$root/v1"
# The next version is the same programs with another number.
mkdir "$root/v2"
for package in "$root"/v1/*.deb; do
    dpkg-deb -R "$package" "$root.next"
    sed -i -E 's/^(Version: .*|Depends: otask \(= [^)]*)/\1+next/' "$root.next/DEBIAN/control"
    dpkg-deb --root-owner-group -Znone --build "$root.next" "$root/v2" > /dev/null
    rm -rf "$root.next"
done
# And one that cannot be installed.
dpkg-deb -R "$(ls "$root"/v1/orleanstasks_*.deb)" "$root.next"
sed -i -E 's/^Version: .*/&+broken/' "$root.next/DEBIAN/control"
printf '#!/bin/sh\nexit 1\n' > "$root.next/DEBIAN/preinst"
chmod 0755 "$root.next/DEBIAN/preinst"
dpkg-deb --root-owner-group -Znone --build "$root.next" "$root/broken.deb" > /dev/null
rm -rf "$root.next"
cp build/deb-load.py "$root/load.py"
find "$root" -xdev -not -path "$root/v[12]*" -not -path "$root/proc/*" | sort > "$root.before"

systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --kill-signal=SIGRTMIN+3 -b > "$root.log" 2>&1 < /dev/null &
machine=$!
leader=
for _ in $(seq 100); do
    leader=$(pgrep -P $machine -x systemd || true)
    [ -n "$leader" ] && [ -S "/proc/$leader/root/run/systemd/private" ] && break
    sleep 0.2
done
inside() { nsenter -t "$leader" -m -u -i -n -p -- "$@"; }
inside systemctl is-system-running --wait > /dev/null 2>&1 || true
inside ip link set lo up 2> /dev/null || inside python3 -c '
import fcntl, socket, struct
with socket.socket() as s: fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0x41))'

# On a busy machine, the service may be away during the upgrade for longer than the usual lease, and the worker would end its task.
inside sh -c 'mkdir /run/systemd/system/otask.service.d
    printf "[Service]\nEnvironment=OTASK_LEASE=2m\n" > /run/systemd/system/otask.service.d/lease.conf'
began=$(date +%s.%N)
inside sh -c 'dpkg -i /v1/otask_*.deb /v1/orleanstasks_*.deb /v1/orleanstasks-worker_*.deb' > "$root.dpkg" 2>&1 || { cat "$root.dpkg"; fail "the packages do not install"; }
[ "$(inside otask run -q -- echo hello)" = hello ] || fail "the first task did not run"
say "installed to first task: $(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f s", $1 - $2 }')"
[ "$(inside stat -c '%a %U:%G' /etc/orleanstasks/admin.key)" = "640 root:otask" ] || fail "admin.key is not 640 root:otask"
[ "$(inside otask run -q -- id -un)" = otask-tasks ] || fail "tasks do not run as otask-tasks"
inside systemctl is-enabled --quiet otask.service || fail "the service is not enabled"
inside systemd-analyze verify otask.service otask-silo.service otask-gateway.service otask-worker.service || fail "systemd-analyze verify"

inside sh -c 'printf "MASTERS=\"--master 127.0.0.1:50051 --name apart --label apart=yes --slots 1\"\n" > /etc/orleanstasks/environment
    mkdir /run/systemd/system/otask-worker.service.d
    printf "[Service]\nEnvironment=OTASK_JOIN_TOKEN=%s\n" "$(otask node token --data /var/lib/orleanstasks)" > /run/systemd/system/otask-worker.service.d/token.conf
    systemctl daemon-reload && systemctl enable --now otask-worker' > "$root.dpkg" 2>&1 || { cat "$root.dpkg"; fail "the worker does not start"; }
apart=$(inside otask submit --require apart=yes -- sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done; echo done')
inside sh -c "for _ in \$(seq 100); do otask get $apart | grep -q running && exit; sleep 0.2; done; exit 1" || fail "the task of the worker apart does not start"
agent=$(inside cat /var/lib/otask-worker/lock)

inside dpkg -i /broken.deb > "$root.dpkg" 2>&1 && fail "the package that cannot be installed was installed"
inside systemctl is-active --quiet otask.service || { cat "$root.dpkg"; fail "the service does not run after an aborted upgrade"; }
inside python3 /load.py 30 > "$root.load" & load=$!
sleep 5
inside sh -c 'dpkg -i /v2/otask_*.deb /v2/orleanstasks_*.deb /v2/orleanstasks-worker_*.deb' > "$root.dpkg" 2>&1 || { cat "$root.dpkg"; fail "the upgrade"; }
wait $load || { cat "$root.load"; fail "the upgrade under load"; }
[ "$(inside cat /var/lib/otask-worker/lock)" = "$agent" ] || fail "the worker was restarted"
inside readlink "/proc/$agent/exe" | grep -qx /usr/lib/orleanstasks/OrleansTasks.Worker || fail "the worker runs another program than the new one"
inside touch /tmp/go
inside otask wait "$apart" > /dev/null || fail "the task of the worker apart"
shown=$(inside otask get "$apart" --json)
[ "$(echo "$shown" | sed -n 's/.*"attempt": *\([0-9]*\).*/\1/p' | head -1)" = 1 ] || { inside otask api GET "/api/v1/tasks/$apart/attempts"; inside journalctl --no-pager -u otask-worker; fail "the task of the worker apart ran again"; }
say "upgrade under load: $(cat "$root.load")"
inside dpkg-query -W -f '${Version}' otask | grep -q '+next$' || fail "the new version is not there"

inside dpkg --purge orleanstasks-worker orleanstasks otask > "$root.dpkg" 2>&1 || { cat "$root.dpkg"; fail "the purge"; }
find "$root" -xdev -not -path "$root/v[12]*" -not -path "$root/proc/*" | sort > "$root.after"
left=$(comm -13 "$root.before" "$root.after" | sed "s:^$root::" | grep -vE '^/(tmp|run|var/(tmp|log|lib/(systemd|dpkg|dbus)|cache)|etc/(machine-id|\.pwd\.lock|(passwd|group|g?shadow|sub[ug]id)-?))(/|$)' || true)
[ -z "$left" ] || fail "left after the purge: $left"
inside getent passwd otask otask-tasks > /dev/null && fail "the users are left"
say "purged: nothing is left"
