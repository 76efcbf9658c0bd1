# Another user in a namespace of its own, where that is permitted.
. "$TREES/prelude.sh"
if unshare --user --map-root-user true 2>/dev/null; then
    setsid -f unshare --user --map-root-user bash -c '. "$TREES/prelude.sh"; up; sleep 600'
else
    setsid -f bash -c '. "$TREES/prelude.sh"; up; sleep 600'
fi
stay
