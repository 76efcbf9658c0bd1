# Replaces its own working folder by a link to a folder that is not its own.
. "$TREES/prelude.sh"
mkdir "$READY.new" && touch "$READY.new/kept" && mv "$READY.new" "$READY.mine"
here=$PWD; setsid sleep 600 & up
until [ -e "$UP.1" ]; do sleep 0.01; done
: >"$READY"; cd /; rm -rf "$here"; ln -s "$READY.mine" "$here"
[ "$ENDING" != exit ] || exit 0
exec sleep 600
