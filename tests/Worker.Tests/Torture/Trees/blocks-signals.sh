# Every signal is blocked, in a session of its own.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); my $all = POSIX::SigSet->new; $all->fillset;
    sigprocmask(SIG_BLOCK, $all); open(F, ">", "$ENV{UP}.1"); sleep 600 while 1' &
stay
