# Siblings of the command that beget the next sibling, each in a session of its own, and end.
. "$TREES/prelude.sh"
exec perl -e 'use POSIX; my $p = syscall($ENV{NR_CLONE} + 0, 0x8000 | 17, 0, 0, 0, 0);
    if ($p == 0) { my $n; while (time - $^T < 120) { syscall($ENV{NR_CLONE} + 0, 0x8000 | 17, 0, 0, 0, 0) == 0 or POSIX::_exit(0); POSIX::setsid();
        if (!$n++) { open(F, ">", "$ENV{UP}.1"); close F } select undef, undef, undef, 0.0005 } }
    exec "bash", "-c", ". \"\$TREES/prelude.sh\"; stay"'
