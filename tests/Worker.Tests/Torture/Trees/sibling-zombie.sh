# Siblings of the command that end at once: nobody has asked for their exit.
. "$TREES/prelude.sh"
exec perl -e 'for (1 .. 5) { my $p = syscall($ENV{NR_CLONE} + 0, 0x8000 | 17, 0, 0, 0, 0); exit if $p == 0 }
    open(F, ">", "$ENV{UP}.1"); close F; exec "bash", "-c", ". \"\$TREES/prelude.sh\"; stay"'
