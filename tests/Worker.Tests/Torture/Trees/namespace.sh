# A process-id namespace of its own, where that is permitted; its first process ignores what it is asked.
. "$TREES/prelude.sh"
if unshare --pid --fork --mount true 2>/dev/null; then
    setsid -f unshare --pid --fork --mount bash -c '. "$TREES/prelude.sh"; trap "" TERM; setsid -f sleep 600; up; while :; do sleep 600; done'
else
    setsid -f bash -c '. "$TREES/prelude.sh"; trap "" TERM; up; sleep 600'
fi
stay
