using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
    internal const int WNOHANG = 1, WALL = 0x40000000;
    internal const short POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;
    internal const int PR_SET_PDEATHSIG = 1, PR_SET_TIMERSLACK = 29, PR_SET_CHILD_SUBREAPER = 36;
    internal const int SIG_IGN = 1, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7;
    internal const int P_ALL = 0, P_PID = 1, WEXITED = 4, WNOWAIT = 0x1000000;
    internal const short POSIX_SPAWN_SETPGROUP = 2;
    internal const int SIG_BLOCK = 0, SIG_UNBLOCK = 1;

    /// <summary>
    /// An upper bound for posix_spawnattr_t, posix_spawn_file_actions_t, sigset_t and sigaction of any C library.
    /// </summary>
    internal const int OpaqueSize = 512;

    /// <summary>Where siginfo_t of a child that ended has its process id, on 64-bit Linux.</summary>
    internal const int SiPidOffset = 16;

    /// <summary>struct rusage on 64-bit Linux: its size, and the fields that are read.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    internal struct ResourceUsage
    {
        internal long UserSeconds;
        internal long UserMicroseconds;
        internal long SystemSeconds;
        internal long SystemMicroseconds;
        internal long MaxResidentKilobytes;

        /// <summary>The sum of user and system time.</summary>
        internal readonly TimeSpan CpuTime =>
            TimeSpan.FromSeconds(UserSeconds + SystemSeconds) +
            TimeSpan.FromMicroseconds(UserMicroseconds + SystemMicroseconds);
    }

    /// <summary>
    /// The largest resident set that this process has had, in KiB; the maximum long if the system does not say.
    /// </summary>
    internal static long OwnPeakKilobytes
    {
        get
        {
            ResourceUsage usage;
            return getrusage(0, &usage) == 0 ? usage.MaxResidentKilobytes : long.MaxValue;
        }
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, ResourceUsage* usage);

    [LibraryImport("libc")]
    internal static partial int posix_spawn(int* pid, byte* path, byte* fileActions, byte* attributes, byte** argv,
        byte** environment);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addopen(
        byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addclose(byte* actions, int descriptor);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_adddup2(byte* actions, int descriptor, int target);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addchdir_np(byte* actions, byte* path);

    [LibraryImport("libc")]
    internal static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int first);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setpgroup(byte* attributes, int group);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    internal static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport("libc")]
    internal static partial int sigemptyset(byte* signals);

    [LibraryImport("libc")]
    internal static partial int sigfillset(byte* signals);

    [LibraryImport("libc")]
    internal static partial int sigaddset(byte* signals, int signal);

    [LibraryImport("libc")]
    internal static partial int sigismember(byte* signals, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int signalfd(int descriptor, byte* signals, int flags);

    [LibraryImport("libc")]
    internal static partial int pthread_sigmask(int how, byte* signals, byte* old);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int execve(byte* path, byte** argv, byte** environment);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sigaction(int signal, byte* action, byte* old);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int wait4(int pid, int* status, int options, ResourceUsage* usage);

    /// <summary>Waits until a child has ended, and ignores how it ended.</summary>
    internal static void Reap(int pid)
    {
        while (wait4(pid, null, 0, null) < 0 && LastError == EINTR) { }
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitid(int kind, int id, byte* how, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setrlimit(int resource, ulong* limits);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, ulong* limits, ulong* old);

    /// <summary>Returns this process's hard limit of a resource; -1 for none.</summary>
    internal static long HardLimit(int resource)
    {
        var limits = stackalloc ulong[2];
        return prlimit(0, resource, null, limits) == 0 && limits[1] <= long.MaxValue ? (long)limits[1] : -1;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_getaffinity(int pid, nuint size, ulong* mask);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sched_setaffinity(int pid, nuint size, ulong* mask);

    [LibraryImport("libc")]
    internal static partial void _exit(int code);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc")]
    internal static partial int getpid();

    [LibraryImport("libc")]
    internal static partial int getppid();

    [LibraryImport("libc")]
    internal static partial int getsid(int pid);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);

    /// <summary>gettid(2).</summary>
    internal static int ThreadId() => (int)syscall4(IsArm ? 178 : 186, 0, 0, 0, 0);

    /// <summary>The version of Landlock that the kernel has; negative if it has none.</summary>
    internal static int LandlockVersion(int ask) => (int)syscall4(444, 0, 0, ask, 0);

    /// <summary>pidfd_open(2); the C library's own wrapper is too recent.</summary>
    internal static int OpenProcess(int pid) => (int)syscall4(434, pid, 0, 0, 0);

    /// <summary>pidfd_send_signal(2): signals exactly that process, even if its id has been reused.</summary>
    internal static int SignalProcess(int pidDescriptor, int signal) => (int)syscall4(424, pidDescriptor, signal, 0, 0);
}
