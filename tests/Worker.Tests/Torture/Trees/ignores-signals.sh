# Command and child ignore every signal that can be ignored.
. "$TREES/prelude.sh"
trap '' HUP INT QUIT TERM USR1 USR2 ALRM TSTP TTIN TTOU
(up; while :; do sleep 600; done) &
stay
