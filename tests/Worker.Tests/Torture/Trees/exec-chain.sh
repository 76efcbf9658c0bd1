# Becomes one program after the other, and at last one that ignores SIGTERM, in a session of its own.
. "$TREES/prelude.sh"
setsid -f perl -e '$SIG{TERM} = "IGNORE"; my $n = shift; exec $^X, "-e", $ARGV[0], $n - 1, $ARGV[0] if $n > 0;
    open(F, ">", "$ENV{UP}.1"); close F; exec "sleep", "600"' 20 'my $n = shift; exec $^X, "-e", $ARGV[0], $n - 1, $ARGV[0] if $n > 0;
    open(F, ">", "$ENV{UP}.1"); close F; exec "sleep", "600"'
stay
