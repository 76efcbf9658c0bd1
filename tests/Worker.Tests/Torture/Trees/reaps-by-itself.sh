# SIGCHLD is ignored, so that children vanish by themselves, here and below.
. "$TREES/prelude.sh"
trap '' CHLD
setsid perl -e '$SIG{CHLD} = "IGNORE"; for (1 .. 20) { fork or exit } open(F, ">", "$ENV{UP}.1"); close F; if (!fork) { sleep 600 } sleep 600 while 1' &
stay
