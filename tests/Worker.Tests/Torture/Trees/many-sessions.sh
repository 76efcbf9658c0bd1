# Sessions within sessions, each with children.
. "$TREES/prelude.sh"
setsid -f bash -c '. "$TREES/prelude.sh"; for i in 1 2 3 4; do setsid -f bash -c "setsid -f sleep 600; sleep 600"; done; up; exec sleep 600'
stay
