using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// Groups of version 2 that were handed to this service. Such a group may hand its controllers on to groups below, but the
/// kernel allows it only to one that has no processes itself; so all that are in it, this one too, move into one below.
/// </summary>
internal static class CgroupDelegation
{
    /// <summary>The name of the group below.</summary>
    internal const string Below = "orleanstasks.service";

    // A process that is just being started may come late.
    private const int Rounds = 10;

    /// <summary>
    /// Frees a group of its processes; false when it was not handed to this service, which then has nothing to move there.
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
                // One that has ended meanwhile cannot be moved.
                foreach (var process in processes) CgroupHierarchy.TryWrite(below, process);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Then the group stays as it is.
        }
        return false;
    }

    /// <summary>
    /// Whether all in a group is this service's: systemd marks those of units with <c>Delegate=yes</c>, and a container's
    /// outermost group is the container's.
    /// </summary>
    private static bool IsDelegated(string group) =>
        IsMarked(group, "user.delegate") || IsMarked(group, "trusted.delegate") || IsOutermostOfContainer(group);

    private static unsafe bool IsMarked(string group, string mark)
    {
        byte value;
        return Libc.getxattr(group, mark, &value, 1) == 1 && value == '1';
    }

    // The system's own root has no type, and may hand on what it has in any case.
    private static bool IsOutermostOfContainer(string group) =>
        File.Exists(Path.Combine(group, "cgroup.type")) && !File.Exists(Path.Combine(group, "..", "cgroup.procs"));
}
