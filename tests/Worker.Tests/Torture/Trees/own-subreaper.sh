# Takes in the orphans of its own, so that they never come up to the agent.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); syscall($ENV{NR_PRCTL} + 0, 36, 1, 0, 0, 0);
    for (1 .. 10) { if (!fork) { POSIX::setsid(); fork and exit; sleep 600 while 1 } } $SIG{TERM} = "IGNORE";
    open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
