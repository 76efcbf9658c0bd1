namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// Control groups that hold attempts on cores: what is in one cannot leave them, whatever affinity it asks for.
/// </summary>
internal static class CpuSets
{
    /// <summary>The controller's name.</summary>
    internal const string Controller = "cpuset";

    /// <summary>The file that takes the cores of a group, in both versions.</summary>
    internal const string File = Controller + ".cpus";

    private const string Memory = Controller + ".mems";

    /// <summary>Returns what to write for these cores.</summary>
    internal static string TextOf(IReadOnlyList<int> cores) => string.Join(',', cores);

    /// <summary>
    /// Returns the hierarchy in which attempts can be held on cores; null if there is none. In version 1 a group takes
    /// no process until it has cores and memory, so each new one begins with those of this process.
    /// </summary>
    internal static CgroupHierarchy? Find(CgroupHierarchy? unified)
    {
        if (CoreAffinity.Own() is not [var first, ..])
            return null;
        var probe = TextOf([first]);
        if (unified is not null && unified.TryEnable(Controller) && unified.Takes(File, probe))
            return unified;
        var found = CgroupHierarchy.TryOpen(CgroupMounts.Own(Controller), isUnified: false);
        if (found is null)
            return null;
        if (found.TryInherit(File) && found.TryInherit(Memory) && found.TrySet("cgroup.clone_children", "1")
            && found.Takes(File, probe))
            return found;
        found.Remove();
        return null;
    }
}
