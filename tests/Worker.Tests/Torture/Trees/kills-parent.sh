# reason: signal
# A child kills the command and stays.
. "$TREES/prelude.sh"
me=$$
setsid bash -c '. "$TREES/prelude.sh"; up; : >"$READY"; kill -KILL '$me'; sleep 600' &
wait
