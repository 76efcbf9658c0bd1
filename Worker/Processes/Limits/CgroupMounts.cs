namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>Finds this process's control groups: the folder of each hierarchy in which it may create groups.</summary>
internal static class CgroupMounts
{
    /// <summary>
    /// Returns the folder of this process's group in the version 2 hierarchy; null if there is none.
    /// For a delegated group, this is the group from before its processes moved.
    /// </summary>
    internal static string? OwnUnified() =>
        Find("cgroup2", null) is var own && Path.GetFileName(own) == CgroupDelegation.Below ? Path.GetDirectoryName(own) : own;

    /// <summary>
    /// Returns the folder of this process's group in a controller's version 1 hierarchy; null if there is none.
    /// </summary>
    internal static string? Own(string controller) => Find("cgroup", controller);

    /// <summary>
    /// Whether the machine has control groups of a controller, in either version. Whether this process may make some is
    /// another question.
    /// </summary>
    internal static bool Has(string controller) => Find("cgroup", controller) is not null
        || ReadLines("/sys/fs/cgroup/cgroup.controllers").Any(line => line.Split(' ').Contains(controller));

    private static string? Find(string type, string? controller)
    {
        foreach (var line in ReadLines("/proc/self/mountinfo"))
        {
            // 41 31 0:38 /root /mount/point rw,relatime - type source options
            var halves = line.Split(" - ");
            if (halves.Length != 2) continue;
            var (place, kind) = (halves[0].Split(' '), halves[1].Split(' '));
            if (kind[0] != type || (controller is not null && !kind[^1].Split(',').Contains(controller))) continue;
            if (OwnPath(controller) is not { } path) return null;
            // Inside a container, the mount may show only a part of the hierarchy.
            var root = place[3] == "/" ? "" : place[3];
            if (root.Length > 0 && path.StartsWith(root, StringComparison.Ordinal)) path = path[root.Length..];
            var folder = Path.GetFullPath(place[4] + path);
            return Directory.Exists(folder) ? folder : null;
        }
        return null;
    }

    private static string? OwnPath(string? controller)
    {
        foreach (var line in ReadLines("/proc/self/cgroup"))
        {
            // 4:memory:/path, or 0::/path for version 2
            var fields = line.Split(':', 3);
            if (fields.Length != 3) continue;
            if (controller is null ? fields[0] == "0" : fields[1].Split(',').Contains(controller)) return fields[2];
        }
        return null;
    }

    private static string[] ReadLines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
