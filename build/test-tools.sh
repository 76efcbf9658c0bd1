#!/bin/sh
# Installs by apt, as root or by sudo, and by npm, the programs and libraries that tests call and that are missing. Repeating it is harmless.
set -eu
missing=
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
need strace command -v strace
need curl command -v curl
need jq command -v jq
need faketime test -e /usr/bin/faketime
need make command -v make
need golang-go command -v go
need protobuf-compiler command -v protoc
# The libraries that the sample worker in Go and the package for Python are built on.
need golang-google-grpc-dev test -d /usr/share/gocode/src/google.golang.org/grpc
need "python3-grpcio python3-protobuf python3-cryptography" /usr/bin/python3 -c 'import grpc, google.protobuf, cryptography'
# Only its program: tests start a server of their own.
need nginx-light command -v nginx
# An engine for containers, its runtime and its init, and what the tests' image consists of.
need "podman runc catatonit" sh -c 'command -v podman && command -v runc && command -v catatonit'
need busybox-static sh -c 'command -v busybox'
# Only its programs: tests start servers of their own.
need postgresql "$(dirname "$0")/has-postgres.sh"
# The S3 server that tests start, as its lock file says.
s3="$(dirname "$0")/../tests/S3Server"
if command -v npm >/dev/null && ! cmp -s "$s3/package-lock.json" "$s3/node_modules/.installed"; then
    (cd "$s3" && npm ci --ignore-scripts --silent --no-fund --no-audit && cp package-lock.json node_modules/.installed) ||
        echo "not installed: the packages of tests/S3Server" >&2
fi
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    echo "not installed, and there is no apt-get to install it with:$missing" >&2
    exit 0
fi
root=
[ "$(id -u)" -eq 0 ] || root="sudo -n"
export DEBIAN_FRONTEND=noninteractive
echo "installing what tests call:$missing"
# Else the package makes a database of its own and starts a server for it.
settings=/etc/postgresql-common/createcluster.conf
case $missing in
    *postgresql*)
        [ -e $settings ] || { $root mkdir -p "${settings%/*}" && echo "create_main_cluster = false" | $root tee $settings >/dev/null; } || true
        ;;
esac
# Nothing that is installed is started, now or when the machine starts.
policy=/usr/sbin/policy-rc.d
own=
if [ ! -e $policy ]; then
    own=1
    printf '#!/bin/sh\nexit 101\n' | $root tee $policy >/dev/null && $root chmod +x $policy || true
fi
# Where this fails, the tests that call what is missing fail too, and say what it is.
# shellcheck disable=SC2086
$root apt-get update -qq >/dev/null && $root apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $missing >/dev/null ||
    echo "not installed:$missing" >&2
[ -z "$own" ] || $root rm -f $policy
case $missing in
    *nginx*) [ ! -d /run/systemd/system ] || $root systemctl disable --quiet nginx || true ;;
esac
