using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

/// <summary>The functions, numbers and structures of the kernel and the C library on Linux x64 and arm64.</summary>
internal static unsafe partial class Libc
{
    internal const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, ENOMEM = 12, EAGAIN = 11, EACCES = 13, EBUSY = 16, EEXIST = 17,
        ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EPIPE = 32, ERANGE = 34, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, ECHILD = 10;

    internal const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGUSR2 = 12;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Returns the system's message for an error number ("No such file or directory").</summary>
    internal static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    /// <summary>The error number of this thread's last call.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();
}
