using System.Text.RegularExpressions;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>What podman mounts for a container in its own storage, such as its <c>/dev/shm</c>.</summary>
internal static partial class ContainerMounts
{
    /// <summary>
    /// Detaches what is still mounted in a removed container's folder, and removes that folder if it is empty. A podman
    /// that is killed after it mounted something, and before it recorded that, does not unmount it when it removes the
    /// container. An ordinary user's podman mounts in a namespace of its own, which this does not see.
    /// </summary>
    /// <param name="id">The container's id, which only its own folders have in their paths.</param>
    internal static void Remove(string id)
    {
        const string Mounts = "/proc/self/mountinfo";
        if (Libc.geteuid() != 0 || !File.Exists(Mounts)) return;
        var folder = $"/{id}/userdata/";
        // A mount inside another one comes after it.
        foreach (var line in File.ReadAllLines(Mounts).Reverse())
        {
            // 41 31 0:38 /root /mount/point rw,relatime - type source options
            if (!line.Contains(folder, StringComparison.Ordinal) || line.Split(' ') is not [_, _, _, _, var escaped, ..]) continue;
            var point = Escape.Replace(escaped, static found => ((char)Convert.ToInt32(found.Groups[1].Value, 8)).ToString());
            if (!point.Contains(folder, StringComparison.Ordinal) || Libc.umount2(point, Libc.MNT_DETACH) != 0) continue;
            var end = point.IndexOf(folder, StringComparison.Ordinal) + 1 + id.Length;
            for (var path = point; path.Length >= end; path = Path.GetDirectoryName(path)!)
            {
                if (Libc.rmdir(path) != 0) break;
            }
        }
    }

    // Spaces, tabs, line breaks and backslashes of a path.
    [GeneratedRegex(@"\\([0-7]{3})")]
    private static partial Regex Escape { get; }
}
