# Writes to both streams without a line's end, as fast as it can, from two sessions.
. "$TREES/prelude.sh"
setsid -f bash -c '. "$TREES/prelude.sh"; up 1; exec cat /dev/zero'
setsid -f bash -c '. "$TREES/prelude.sh"; up 2; exec tr "\0" x </dev/zero >&2'
stay 2
