# A stopped child; a stopped child in a session of its own; and one that stops itself again when it is continued.
. "$TREES/prelude.sh"
sleep 600 & kill -STOP $!; up 1
setsid bash -c '. "$TREES/prelude.sh"; up 2; kill -STOP $$; sleep 600' &
perl -e '$SIG{CONT} = sub { kill "STOP", $$ }; open(F, ">", "$ENV{UP}.3"); close F; kill "STOP", $$; sleep 600 while 1' &
stay 3
