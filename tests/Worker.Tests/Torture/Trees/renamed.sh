# Calls itself something else, with a name that upsets readers of /proc.
. "$TREES/prelude.sh"
perl -e 'use POSIX; fork and exit; POSIX::setsid(); $0 = "[kworker/0:1)] R 1 1 1"; open(C, ">", "/proc/self/comm"); print C ") Z 1 1 (";
    close C; open(F, ">", "$ENV{UP}.1"); close F; sleep 600 while 1' &
stay
