# A session of its own that holds the output.
. "$TREES/prelude.sh"
setsid bash -c '. "$TREES/prelude.sh"; up; sleep 600' &
stay
