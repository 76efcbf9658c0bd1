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
    internal static string For(int descriptor) => For(Libc.getpid(), descriptor);

    /// <summary>Returns the value for the program that replaces an agent's.</summary>
    internal static string For(int supervisor, int descriptor) =>
        string.Create(CultureInfo.InvariantCulture, $"{supervisor}/{descriptor}/{InodeOf(descriptor)}");

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

    /// <summary>Returns the inode of an open descriptor; 0 if it is not open.</summary>
    internal static ulong InodeOf(int descriptor)
    {
        Libc.FileStatus status;
        byte nothing = 0;
        return Libc.statx(descriptor, &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0
            ? status.Inode
            : 0;
    }
}
