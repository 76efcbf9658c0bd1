# No environment, no session, no inherited timer slack: every mark that descendants inherit is taken off.
. "$TREES/prelude.sh"
env -i UP="$UP" PRCTL="$NR_PRCTL" /usr/bin/perl -e 'use POSIX; fork and exit; POSIX::setsid(); fork and exit;
    syscall($ENV{PRCTL} + 0, 29, 50000, 0, 0, 0); my $up = "$ENV{UP}.1"; open(F, ">", $up); close F;
    exec "/usr/bin/env", "-i", "/bin/sleep", "600"'
stay
