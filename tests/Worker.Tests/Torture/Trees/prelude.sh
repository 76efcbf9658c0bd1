# Read by every tree. What uses the processor ends by itself after two minutes, for when the tests themselves are killed.
# READY is the file that says that the tree stands, ENDING is "exit" when the command is to end by itself.
export UP=$PWD/up
# Said by each part that hides, once it is where it hides.
up() { : >"$UP.${1:-1}"; }
# The same for one part, where no process can be started any more.
stand() {
    until [ -e "$UP.1" ]; do :; done
    : >"$READY"
    [ "$ENDING" != exit ] || exit 0
    wait
}
# The command's last word: waits until so many parts are up, says that the tree stands, and ends or stays.
stay() {
    local part
    for ((part = 1; part <= ${1:-1}; part++)); do until [ -e "$UP.$part" ]; do sleep 0.01; done; done
    : >"$READY"
    [ "$ENDING" != exit ] || exit 0
    exec sleep 600
}
