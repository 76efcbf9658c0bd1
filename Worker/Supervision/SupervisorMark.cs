using System.Globalization;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// What a supervisor's program leaves, in an environment variable, to the program that replaces it: the agent that runs,
/// the pipe to it, and what was read from that pipe.
/// </summary>
/// <param name="Agent">The agent's process id.</param>
/// <param name="Descriptor">The read end of the pipe.</param>
/// <param name="Fence">When to kill the agent's processes, in milliseconds of CLOCK_BOOTTIME; null if not set.</param>
/// <param name="Announced">
/// The folder and the instance for the file that says that no process is left; null if the agent has not announced
/// them.
/// </param>
internal sealed record SupervisorMark(int Agent, int Descriptor, long? Fence, (string Folder, string Instance)? Announced)
{
    /// <summary>The name of the environment variable.</summary>
    internal const string Variable = "ORLEANSTASKS_AGENT";

    /// <summary>Returns the variable's value.</summary>
    internal string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"{Agent}/{Descriptor}/{AgentMark.InodeOf(Descriptor)}/{Fence}/{Announced?.Instance}/{Announced?.Folder}");

    /// <summary>
    /// Reads and removes the mark of this process. Returns null if it has none, or one that was meant for another
    /// process. A child may inherit the variable without the pipe; the inode proves that the descriptor is still this
    /// pipe.
    /// </summary>
    internal static SupervisorMark? TakeOwn()
    {
        var text = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        // The folder comes last, since it contains slashes.
        if (text?.Split('/', 6) is not [var pid, var end, var inode, var fence, var instance, var folder])
            return null;
        if (!int.TryParse(pid, CultureInfo.InvariantCulture, out var agent)
            || !int.TryParse(end, CultureInfo.InvariantCulture, out var descriptor)
            || !ulong.TryParse(inode, CultureInfo.InvariantCulture, out var wanted)
            || AgentMark.InodeOf(descriptor) != wanted)
            return null;
        return new(agent, descriptor, long.TryParse(fence, CultureInfo.InvariantCulture, out var at) ? at : null,
            folder.Length > 0 ? (folder, instance) : null);
    }
}
