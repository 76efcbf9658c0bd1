# A child whose parent is the command's own parent, not the one that made it (CLONE_PARENT), in a session of its own.
. "$TREES/prelude.sh"
exec perl -e 'use POSIX; my $p = syscall($ENV{NR_CLONE} + 0, 0x8000 | 17, 0, 0, 0, 0);
    if ($p == 0) { POSIX::setsid(); open(F, ">", "$ENV{UP}.1"); close F; $SIG{TERM} = "IGNORE"; sleep 600 while 1 }
    exec "bash", "-c", ". \"\$TREES/prelude.sh\"; stay"'
