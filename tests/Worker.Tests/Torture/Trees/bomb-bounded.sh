# No limit: 127 processes by doubling, which ignore what they can, every other in a session of its own, and replace each other.
. "$TREES/prelude.sh"
perl -e 'use POSIX; $SIG{$_} = "IGNORE" for qw(CHLD TERM HUP INT); my $depth = 0;
    while ($depth < 6) { $depth++; my $f = fork; if (defined $f && !$f) { POSIX::setsid() if $depth % 2 } }
    open(F, ">", "$ENV{UP}.1"); close F; for (1 .. 40) { fork and exit; select undef, undef, undef, 0.05 } sleep 600 while 1' &
stay
