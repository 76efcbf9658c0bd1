using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The control groups of containers where podman manages groups itself. Where systemd does, it also removes them.
/// </summary>
internal static class ContainerGroups
{
    private const string Hierarchies = "/sys/fs/cgroup";
    private const int MostTries = 100;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Kills the processes in a container's groups and removes the groups. A runtime that is killed while it makes a
    /// container may have made groups without recording the container, so the engine does not remove them.
    /// </summary>
    internal static async Task RemoveAsync(string id)
    {
        if (!Directory.Exists(Hierarchies)) return;
        string[] groups =
        [
            .. Directory.EnumerateDirectories(Hierarchies).Prepend(Hierarchies)
                .Select(root => $"{root}/libpod_parent/libpod-{id}").Where(Directory.Exists),
        ];
        // A killed process stays in its group until the system has taken it down.
        for (var tries = 0; tries < MostTries && groups.Count(static group => !TryRemove(group)) > 0; tries++)
            await Task.Delay(BetweenTries, TimeProvider.System).ConfigureAwait(false);
    }

    private static bool TryRemove(string group)
    {
        try
        {
            foreach (var list in Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories))
                foreach (var line in File.ReadLines(list))
                    if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                        _ = Libc.kill(pid, Libc.SIGKILL);
        }
        catch (IOException)
        {
            // A group has just disappeared.
        }

        CgroupHierarchy.RemoveTree(group);
        return !Directory.Exists(group);
    }
}
