using System.Collections.Immutable;

namespace OrleansTasks.Worker.Tests.Torture.Escapes;

/// <summary>
/// Hostile commands against containers, written from public descriptions of escapes. Each succeeds only if it reaches
/// what it must not.
/// </summary>
internal static class ContainerEscapes
{
    /// <summary>All commands.</summary>
    public static ImmutableArray<Escape> All { get; } =
    [
        Of("engine-sockets", "the engine", "ls /run/podman/?* /run/docker.sock /var/run/docker.sock | grep ."),
        Of("containerd-sockets", "the engine", "ls /run/containerd/?* /run/crio/?* | grep ."),
        Of("engine-storage", "other containers", "ls /var/lib/containers/?* /var/lib/docker/?* | grep ."),
        Of("engine-runs", "other containers", "ls /run/containers/?* /run/libpod/?* /run/runc/?* | grep ."),
        Of("upper-folder", "the container's own layer, from outside", """d=$(sed -n 's/.*upperdir=\([^,]*\).*/\1/p' /proc/mounts | head -n 1); [ -n "$d" ] && ls "$d" """),
        Of("mount-groups", "the machine's control groups", "mkdir g; mount -t cgroup -o memory none g || mount -t cgroup2 none g"),
        Of("release-agent", "a program that the kernel runs as root", "for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do [ -e $f ] && (: >>$f) && exit 0; done; exit 1"),
        Of("notify-on-release", "its control group", "for f in /sys/fs/cgroup/notify_on_release /sys/fs/cgroup/*/notify_on_release; do [ -e $f ] && echo 1 >$f && exit 0; done; exit 1"),
        Of("own-memory-limit", "its limits", "for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do [ -e $f ] && (: >>$f) && exit 0; done; exit 1"),
        Of("leave-group", "other control groups", "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do [ -e $f ] && echo $$ >$f && exit 0; done; exit 1"),
        Of("make-group", "control groups", "for f in /sys/fs/cgroup /sys/fs/cgroup/memory /sys/fs/cgroup/pids; do [ -e $f/cgroup.procs ] && mkdir $f/otask-escape && exit 0; done; exit 1"),
        Of("device-rules", "devices", "echo 'a *:* rwm' >/sys/fs/cgroup/devices/devices.allow"),
        Of("core-pattern", "a program that the kernel runs as root", "echo core >/proc/sys/kernel/core_pattern"),
        Of("modprobe", "a program that the kernel runs as root", "echo /sbin/modprobe >/proc/sys/kernel/modprobe"),
        Of("uevent-helper", "a program that the kernel runs as root", ": >>/sys/kernel/uevent_helper"),
        Of("sysrq", "the machine's life", "exec 3>/proc/sysrq-trigger"),
        Of("forwarding", "settings of networks", "echo 0 >/proc/sys/net/ipv4/ip_forward"),
        Of("settings-remounted", "settings of the kernel", "mount -o remount,rw /proc/sys"),
        Of("settings-uncovered", "settings of the kernel", "umount /proc/sys"),
        Of("masks-uncovered", "what the engine hides", "umount /proc/kcore || umount /proc/keys || umount /proc/timer_list || umount -l /sys/firmware"),
        Of("programs-remounted", "the machine's programs", "mount -o remount,rw,bind /usr"),
        Of("kernel-memory", "the kernel's memory", """[ -n "$(head -c 1 /proc/kcore | tr -d '\0')" ]"""),
        Of("kernel-keys", "keys of other users", "grep -v ' perm \\|_ses\\|_uid' /proc/keys | grep ."),
        Of("kernel-timers", "what runs on the machine", "[ -s /proc/timer_list ]"),
        Of("firmware", "the machine's firmware", "ls /sys/firmware/?* | grep ."),
        Of("kernel-log", "the kernel's log", "head -c 1 /dev/kmsg || dmesg | grep ."),
        Of("kernel-debug", "the kernel", "ls /sys/kernel/debug/?* /sys/kernel/tracing/?* | grep ."),
        Of("power", "the machine's life", ": >>/sys/power/state"),
        Of("huge-pages", "settings of the kernel", "echo never >/sys/kernel/mm/transparent_hugepage/enabled"),
        Of("module-parameters", "settings of the kernel", "for f in /sys/module/*/parameters/*; do (: >>$f) 2>/dev/null && exit 0; done; exit 1"),
        Of("make-disk", "the machine's disks", "mknod d b 254 0 && head -c 1 d || { mknod e b 8 0 && head -c 1 e; }"),
        Of("make-memory", "the machine's memory", "mknod m c 1 1 && head -c 1 m"),
        Of("make-memory-in-dev", "the machine's memory", "mknod /dev/m c 1 1 && head -c 1 /dev/m"),
        Of("disks", "the machine's disks", "ls /dev/vd? /dev/sd? /dev/nvme?n? /dev/mapper/?* | grep ."),
        Of("first-program", "the program of the engine (as runc was overwritten)", "exec 3>>/proc/1/exe"),
        Of("first-program-by-link", "the program of the engine", "for p in /proc/[0-9]*; do (: >>$p/exe) 2>/dev/null && exit 0; done; exit 1"),
        Of("leaked-folder", "the machine's root (as through runc's open folder)",
            "for i in 3 4 5 6 7 8 9 10 11 12; do ls /proc/self/fd/$i/../../../../../../../../root/. && exit 0; done; exit 1"),
        Of("nested-users", "namespaces in namespaces", "unshare --user --map-root-user true"),
        Of("nested-mounts", "namespaces in namespaces", "unshare --mount true"),
        Of("nested-root", "another root", "mkdir r; chroot r /bin/true || sc 161 0; sc 155 0 0"),
        Of("enter-first", "another namespace", "nsenter --target 1 --mount --pid true"),
        Of("handles", "files by their numbers (as Shocker did)", "sc 304 -100 0 0"),
        Of("programs-for-the-kernel", "the kernel", "sc 321 0 0 0"),
        Of("counters", "what other processes do", "sc 298 0 0 -1 -1 0"),
        Of("modules", "the kernel", "sc 175 0 0 0 || sc 313 -1 0 0 || sc 176 0 0"),
        Of("next-kernel", "the kernel", "sc 246 0 0 0 0"),
        Of("reboot", "the machine's life", "sc 169 0 0 0 0"),
        Of("new-mounts", "mounts", "sc 428 -100 0 1 || sc 430 0 0 || sc 442 -100 0 0 0 32"),
        Of("raw-socket", "other machines' packets", "perl -e 'socket(S, 2, 3, 1) or exit 1'"),
        Of("packet-socket", "other machines' packets", "perl -e 'socket(S, 17, 3, 768) or exit 1'"),
        Of("interface", "networks", "ip link add otaskescape type dummy"),
        Of("spare-me", "the choice of what is killed for memory", "echo -1000 >/proc/self/oom_score_adj"),
        Of("faster", "other processes' time", "perl -e 'setpriority(0, 0, -5) or exit 1'"),
        Of("real-time", "other processes' time", "chrt -f 1 true"),
        Of("more-files", "its limits", "ulimit -Hn 10000000"),
        Of("capability-of-file", "a program with rights", "cp /bin/true c && setcap cap_sys_admin+ep c"),
        Of("all-capabilities", "rights", "grep -q 'CapEff:.*[1-9a-f][0-9a-f]\\{4\\}$' /proc/self/status"),
    ];

    private static Escape Of(string name, string mustNotReach, string line) => new("container-" + name, Walls.Sandbox, mustNotReach, line);
}
