# Every byte there is, terminal escapes and broken UTF-8, on both streams.
. "$TREES/prelude.sh"
perl -e 'for (1 .. 400) { print map { chr } 0 .. 255; print STDERR "\xff\xfe\xc3\x28\e[2J\e]0;x\a\0" }'
nohup sleep 600 & up
stay
