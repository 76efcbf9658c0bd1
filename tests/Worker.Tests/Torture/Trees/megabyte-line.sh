# One line of 4 MiB, then the end of it from a child that stays.
. "$TREES/prelude.sh"
head -c 4194304 /dev/zero | tr '\0' a
(up; sleep 600) &
stay
