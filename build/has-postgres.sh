#!/bin/sh
# Whether there is a PostgreSQL that the store takes, 15 or newer, for the servers that tests start.
for initdb in /usr/lib/postgresql/*/bin/initdb initdb; do
    version=$("$initdb" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/')
    [ "${version:-0}" -lt 15 ] || exit 0
done
exit 1
