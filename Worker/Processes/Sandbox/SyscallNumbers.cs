using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>The numbers of system calls, which differ between x64 and arm64 up to 423.</summary>
internal static class SyscallNumbers
{
    internal const int OpenTree = 428, MoveMount = 429, CloseRange = 436, OpenAt2 = 437, MountSetAttr = 442,
        LandlockCreate = 444, LandlockAdd = 445, LandlockRestrict = 446, Clone3 = 435;

    internal static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    internal static readonly int Mount = Of(165, 40), Unmount = Of(166, 39), PivotRoot = Of(155, 41), MakeFolder = Of(258, 34),
        MakeLink = Of(266, 36), OpenAt = Of(257, 56), Write = Of(1, 64), Close = Of(3, 57), Fcntl = Of(72, 25),
        Unshare = Of(272, 97), ChangeFolder = Of(80, 49), Clone = Of(56, 220), Wait = Of(61, 260), Kill = Of(62, 129),
        Exit = Of(231, 94), Prctl = Of(157, 167), CapSet = Of(126, 91), SetUser = Of(117, 147), SetGroup = Of(119, 149),
        SetGroups = Of(116, 159), KeyCtl = Of(250, 219), SignalMask = Of(14, 135), AwaitSignal = Of(128, 137),
        Execute = Of(59, 221), GetPid = Of(39, 172), SetLimit = Of(160, 164), Seccomp = Of(317, 277), Socket = Of(41, 198),
        Bind = Of(49, 200), Listen = Of(50, 201), SendMessage = Of(46, 211),
        Ioctl = Of(16, 29), Read = Of(0, 63), FileMask = Of(95, 166), Personality = Of(135, 92);

    /// <summary>The latest number that this program knows, of any architecture.</summary>
    internal const int Latest = 462;

    /// <summary>
    /// What container engines refuse a command without capabilities: the kernel's modules, clocks, keys, mounts,
    /// namespaces, tracing and other parts that ordinary programs do not use and that many holes were in.
    /// </summary>
    internal static IReadOnlyList<int> Refused =>
    [
        .. IsArm ? OnArm : OnX64,
        // fsopen, fsconfig, fsmount, fspick, open_tree, move_mount, mount_setattr, statmount, listmount, io_uring_*,
        // quotactl_fd, set_mempolicy_home_node, lsm_set_self_attr
        430, 431, 432, 433, OpenTree, MoveMount, MountSetAttr, 457, 458, 425, 426, 427, 443, 450, 460,
    ];

    // acct, add_key, bpf, chroot, clock_adjtime, clock_settime, create_module, delete_module, fanotify_init,
    // finit_module, get_kernel_syms, get_mempolicy, init_module, ioperm, iopl, kcmp, kexec_file_load, kexec_load,
    // keyctl, lookup_dcookie, mbind, migrate_pages, mount, move_pages, name_to_handle_at, nfsservctl,
    // open_by_handle_at, perf_event_open, pivot_root, query_module, quotactl, reboot, request_key, set_mempolicy,
    // setdomainname, sethostname, setns, settimeofday, swapoff, swapon, syslog, _sysctl, sysfs, umount2, unshare,
    // uselib, userfaultfd, ustat, vhangup
    private static int[] OnX64 =>
    [
        163, 248, 321, 161, 305, 227, 174, 176, 300, 313, 177, 239, 175, 173, 172, 312, 320, 246, 250, 212, 237, 256, 165,
        279, 303, 180, 304, 298, 155, 178, 179, 169, 249, 238, 171, 170, 308, 164, 168, 167, 103, 156, 139, 166, 272, 134,
        323, 136, 153,
    ];

    // The same, without those that this architecture never had.
    private static int[] OnArm =>
    [
        89, 217, 280, 51, 266, 112, 106, 262, 273, 236, 105, 272, 294, 104, 219, 18, 235, 238, 40, 239, 264, 42, 265, 241,
        41, 60, 142, 218, 237, 162, 161, 268, 170, 225, 224, 116, 39, 97, 282, 58,
    ];

    private static int Of(int x64, int arm64) => IsArm ? arm64 : x64;
}
