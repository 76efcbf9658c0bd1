# A daemon without environment: nothing in it tells whose it is.
. "$TREES/prelude.sh"
env -i /usr/bin/setsid -f /bin/bash -c "exec >/dev/null 2>&1 </dev/null; : >'$UP.1'; sleep 600"
stay
