# limits: processes=60
# A fork bomb that a limit on the number of processes holds.
. "$TREES/prelude.sh"
perl -e '$SIG{CHLD} = "IGNORE"; open(F, ">", "$ENV{UP}.1"); close F; while (time - $^T < 120) { defined(fork) or select undef, undef, undef, 0.01 }' 2>/dev/null &
stand
