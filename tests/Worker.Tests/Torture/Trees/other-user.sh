# Becomes nobody, where that is permitted.
. "$TREES/prelude.sh"
if [ "$(id -u)" = 0 ]; then
    setsid -f perl -e 'open(F, ">", "$ENV{UP}.1"); close F; $) = $( = 65534; $> = $< = 65534; sleep 600 while 1'
else
    setsid -f bash -c '. "$TREES/prelude.sh"; up; sleep 600'
fi
stay
