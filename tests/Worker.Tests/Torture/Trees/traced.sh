# A child that is traced and stopped by it, and a tracer that has left for a session of its own.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); if (!fork) { syscall($ENV{NR_PTRACE} + 0, 0, 0, 0, 0); kill "STOP", $$; sleep 600 while 1 }
    $SIG{TERM} = "IGNORE"; open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
