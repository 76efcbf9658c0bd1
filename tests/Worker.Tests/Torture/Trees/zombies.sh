# Fifty children that have ended and that nobody waits for.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); for (1 .. 50) { fork or exit } open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
