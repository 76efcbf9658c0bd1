# Not to be looked at: /proc/PID/environ and most else of it belong to root.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); syscall($ENV{NR_PRCTL} + 0, 4, 0, 0, 0, 0);
    open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
