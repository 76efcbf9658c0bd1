using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The control groups of containers, where podman manages them itself; else systemd removes them.</summary>
internal static class ContainerGroups
{
    private const string Hierarchies = "/sys/fs/cgroup";
    private const int MostTries = 100;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Removes the groups of a container that has ended, and kills what is in them. A runtime that is killed while it
    /// makes a container has made the groups before it notes that the container exists, so nobody else knows of them.
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

    // Only folders can be removed there; their files disappear with them.
    private static bool TryRemove(string group)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(group))
                if (!TryRemove(inner)) return false;
            foreach (var line in File.ReadLines(group + "/cgroup.procs"))
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                    _ = Libc.kill(pid, Libc.SIGKILL);
            return Libc.rmdir(group) == 0;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(group);
        }
    }
}
