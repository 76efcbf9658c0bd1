# A daemon outlives its parent, holds standard output and goes on writing to it.
. "$TREES/prelude.sh"
setsid -f bash -c '. "$TREES/prelude.sh"; echo x; up; trap "" PIPE TERM; while ((SECONDS < 120)); do echo still here; sleep 0.01; done'
stay
