# A folder so deep that no path can name it, with odd names, links out of it, a FIFO and a socket's worth of files.
. "$TREES/prelude.sh"
perl -e 'for (1 .. 300) { my $n = "x" x 100; mkdir $n; chdir $n } symlink "/", "root"; symlink "..", "up";
    mkdir "a\nb"; open(F, ">", "a\nb/\xff\xfe"); close F; for (1 .. 200) { open(F, ">", "f$_"); close F }'
mkfifo pipe; ln -s /etc/passwd link; touch -- '-rf' '*' ' '
(exec 3<pipe) & setsid sleep 600 & up
stay
