using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// Prepares control groups of version 2 that were delegated to this service. Such a group may pass its controllers on
/// to subgroups, but the kernel allows that only if it contains no processes itself.
/// All of its processes, this one included, therefore move into a subgroup.
/// </summary>
internal static class CgroupDelegation
{
    /// <summary>The name of that subgroup.</summary>
    internal const string Below = "orleanstasks.service";

    // A process that is being started may enter the group late.
    private const int Rounds = 10;

    /// <summary>
    /// Moves all processes out of a group. Returns false if some remain, or if the group was not delegated to this
    /// service.
    /// </summary>
    internal static bool TryMoveProcesses(string group)
    {
        if (!IsDelegated(group)) return false;
        try
        {
            var below = Path.Combine(Directory.CreateDirectory(Path.Combine(group, Below)).FullName, "cgroup.procs");
            for (var round = 0; round < Rounds; round++)
            {
                var processes = File.ReadAllLines(Path.Combine(group, "cgroup.procs"));
                if (processes.Length == 0) return true;
                // A process that has just ended cannot be moved.
                foreach (var process in processes) CgroupHierarchy.TryWrite(below, process);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The group stays as it is.
        }
        return false;
    }

    /// <summary>
    /// Whether everything in a group belongs to this service. systemd marks the groups of units with
    /// <c>Delegate=yes</c>, and the outermost group of a container belongs to the container.
    /// </summary>
    private static bool IsDelegated(string group) =>
        IsMarked(group, "user.delegate") || IsMarked(group, "trusted.delegate") || IsOutermostOfContainer(group);

    private static unsafe bool IsMarked(string group, string mark)
    {
        byte value;
        return Libc.getxattr(group, mark, &value, 1) == 1 && value == '1';
    }

    // The system's own root group has no type file, and can pass its controllers on in any case.
    private static bool IsOutermostOfContainer(string group) =>
        File.Exists(Path.Combine(group, "cgroup.type")) && !File.Exists(Path.Combine(group, "..", "cgroup.procs"));
}
