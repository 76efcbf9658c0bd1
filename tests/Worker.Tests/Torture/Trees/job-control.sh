# A process group for each child, as an interactive shell makes them.
. "$TREES/prelude.sh"
set -m; sleep 600 & sleep 601 | sleep 602 & set +m; up
stay
