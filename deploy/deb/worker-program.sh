# A running worker continues from links to its files while these are replaced: a program loads its libraries as it needs
# them, and must not find those of another version.
worker_link=/var/lib/otask-worker-program
worker_files=/usr/lib/orleanstasks
worker_kept=/usr/lib/orleanstasks.upgrading
worker_continues_in() { # FOLDER: has the running worker and its supervisor continue from there; fails if they do not within a minute
    ln -sfn "$1" $worker_link
    systemctl reload otask-worker.service || return 1
    for _ in $(seq 120); do
        main=$(systemctl show --property MainPID --value otask-worker.service)
        others=0
        for process in $main $(cat /proc/$main/task/$main/children 2> /dev/null); do
            [ "$(readlink /proc/$process/exe)" = "$1/OrleansTasks.Worker" ] || others=$((others + 1))
        done
        [ "$main" = 0 ] || [ $others -gt 0 ] || return 0
        sleep 0.5
    done
    return 1
}
worker_is_kept() { [ "$(readlink $worker_link)" = $worker_kept ] && systemctl is-active --quiet otask-worker.service; }
keep_worker() { # before files are replaced; a worker that cannot continue is stopped
    [ -d /run/systemd/system ] && systemctl is-active --quiet otask-worker.service || return 0
    if worker_is_kept; then return 0; fi
    rm -rf $worker_kept
    if [ -L $worker_link ] && cp -al $worker_files $worker_kept && worker_continues_in $worker_kept; then return 0; fi
    deb-systemd-invoke stop otask-worker.service > /dev/null || true
}
