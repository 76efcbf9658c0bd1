# What every daemon does: forks, leaves the session, forks again, goes to /, closes everything.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); fork and exit; my $up = "$ENV{UP}.1"; chdir "/"; umask 0;
    open(F, ">", $up); close F; POSIX::close($_) for 0 .. 255; sleep 600 while 1'
stay
