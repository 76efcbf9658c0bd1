# The users of the service and of tasks. Members of the group otask may read the first key.
for user in otask otask-tasks; do
    getent group $user > /dev/null || groupadd --system $user
    getent passwd $user > /dev/null \
        || useradd --system --gid $user --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin $user
done
