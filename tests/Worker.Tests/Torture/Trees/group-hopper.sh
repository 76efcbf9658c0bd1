# Changes its process group and its session again and again, and with each also its process.
. "$TREES/prelude.sh"
perl -e 'use POSIX; while (time - $^T < 120) { for (1 .. 3) { setpgrp(0, 0) } my $f = fork; exit if $f; POSIX::setsid(); my $g = fork;
    if (defined $g && !$g) { setpgrp(0, 0); select undef, undef, undef, 0.001; exit }
    if (!$n++) { open(F, ">", "$ENV{UP}.1"); close F } select undef, undef, undef, 0.002; wait }' &
stay
