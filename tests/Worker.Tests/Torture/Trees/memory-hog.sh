# limits: memory=40000000
# reason: out-of-memory
# Takes memory in a session of its own until there is none left; its shell would exit well.
. "$TREES/prelude.sh"
: >"$READY"
setsid -w perl -e '$SIG{TERM} = "IGNORE"; while (1) { push @all, "x" x 1000000 }'
setsid -f sleep 600
sleep 600; exit 0
