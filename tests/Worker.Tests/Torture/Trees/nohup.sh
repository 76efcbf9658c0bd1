# A child that ignores the hang-up and has let go of all streams.
. "$TREES/prelude.sh"
nohup sleep 600 >/dev/null 2>&1 </dev/null & up
stay
