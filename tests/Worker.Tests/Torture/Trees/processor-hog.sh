# limits: cpu=200
# reason: cpu-time
# Burns the processor in two sessions.
. "$TREES/prelude.sh"
: >"$READY"
setsid -f bash -c 'trap "" TERM XCPU; while ((SECONDS < 120)); do :; done'
while ((SECONDS < 120)); do :; done
