using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>The number of files that a process may have open.</summary>
internal static unsafe class OpenFileLimit
{
    /// <summary>Sets the soft and the hard limit of a process. Returns why that failed, or null.</summary>
    internal static string? Set(int pid, int files)
    {
        var limits = stackalloc ulong[2] { (ulong)files, (ulong)files };
        if (Libc.prlimit(pid, Libc.RLIMIT_NOFILE, limits, null) == 0) return null;
        var error = Libc.LastError;
        // Only root may raise a hard limit, and only up to fs.nr_open.
        return error == Libc.EPERM && Libc.prlimit(pid, Libc.RLIMIT_NOFILE, null, limits) == 0 && limits[1] < (ulong)files
            ? $"this worker cannot allow {files} open files; its own hard limit is {limits[1]}"
            : $"cannot set the limit of open files to {files}: {Libc.Describe(error)}";
    }
}
