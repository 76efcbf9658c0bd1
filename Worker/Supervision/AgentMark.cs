using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// The mark by which a process knows that it is the agent: an environment variable with its supervisor and the pipe
/// between them. Other processes may inherit the variable, but only the agent inherits the pipe.
/// </summary>
internal static unsafe class AgentMark
{
    /// <summary>The name of the environment variable.</summary>
    internal const string Variable = "ORLEANSTASKS_SUPERVISOR";

    /// <summary>
    /// Returns the value for an agent that inherits this end of the pipe: supervisor, descriptor and inode.
    /// </summary>
    internal static string For(int descriptor) =>
        string.Create(CultureInfo.InvariantCulture, $"{Libc.getpid()}/{descriptor}/{InodeOf(descriptor)}");

    /// <summary>
    /// Reads the mark of this process. Returns false if it has none, or one that was meant for another process.
    /// </summary>
    internal static bool TryRead(out int supervisor, out int descriptor)
    {
        (supervisor, descriptor) = (0, -1);
        if (Environment.GetEnvironmentVariable(Variable)?.Split('/') is not [var pid, var end, var inode]) return false;
        return int.TryParse(pid, CultureInfo.InvariantCulture, out supervisor) &&
            int.TryParse(end, CultureInfo.InvariantCulture, out descriptor) &&
            ulong.TryParse(inode, CultureInfo.InvariantCulture, out var wanted) && InodeOf(descriptor) == wanted;
    }

    private static ulong InodeOf(int descriptor)
    {
        Libc.FileStatus status;
        byte nothing = 0;
        return Libc.statx(descriptor, &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            ? status.Inode
            : 0;
    }
}
