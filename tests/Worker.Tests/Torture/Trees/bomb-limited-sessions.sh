# limits: processes=60
# A fork bomb of which each part leaves for a session of its own and forgets its environment.
. "$TREES/prelude.sh"
perl -e 'use POSIX; open(F, ">", "$ENV{UP}.1"); close F; %ENV = (); $SIG{$_} = "IGNORE" for qw(CHLD TERM HUP INT);
    while (time - $^T < 120) { my $f = fork; defined $f or select undef, undef, undef, 0.01; POSIX::setsid() if defined $f && !$f }' 2>/dev/null &
stand
