# A child in the background, in the command's own group.
. "$TREES/prelude.sh"
sleep 600 & up
stay
