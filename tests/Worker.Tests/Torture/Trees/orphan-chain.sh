# Sixty generations, each of which leaves a child behind and ends; the last one stays.
. "$TREES/prelude.sh"
perl -e 'use POSIX; for (1 .. 60) { fork and exit; POSIX::setsid() if $_ % 2 } open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
