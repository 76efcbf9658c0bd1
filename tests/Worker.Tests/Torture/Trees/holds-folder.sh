# Stays in a folder below the working folder, whose parents have no permissions left, with files open that are deleted.
. "$TREES/prelude.sh"
mkdir -p a/b/c/d
setsid -f bash -c '. "$TREES/prelude.sh"; cd a/b/c/d; exec 7>deleted; head -c 1000000 /dev/zero >&7; rm deleted; up; exec sleep 600' 2>/dev/null
until [ -e "$UP.1" ]; do sleep 0.01; done
chmod 000 a/b; chmod 555 .
stay
