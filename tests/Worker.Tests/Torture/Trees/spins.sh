# Two that burn the processor at the lowest and, where permitted, a higher priority.
. "$TREES/prelude.sh"
nice -n 19 setsid -f bash -c '. "$TREES/prelude.sh"; up 1; while ((SECONDS < 120)); do :; done'
nice -n -2 setsid -f bash -c '. "$TREES/prelude.sh"; up 2; while ((SECONDS < 120)); do :; done' 2>/dev/null
stay 2
