#!/bin/sh
# setup.sh CONNECTION WORKER…: makes the first key, once, and a join token for each worker that has not joined. A token lasts for an hour.
set -eu
db=$1
shift
if [ ! -s /keys/admin.key ]; then
    umask 077
    otask key create --db "$db" --name admin --scope read,submit,operate,admin > /keys/admin.key.new
    mv /keys/admin.key.new /keys/admin.key
fi
for worker; do
    folder=/workers/$worker
    if [ -e "$folder/identity.pem" ]; then
        rm -f "$folder/join.token"
    else
        otask node token --db "$db" --node "$worker" > "$folder/join.token"
        chmod 0400 "$folder/join.token"
    fi
    chmod 0700 "$folder"
    [ ! -e "$folder/join.token" ] || chown 1654:1654 "$folder/join.token"
    chown 1654:1654 "$folder"
done
