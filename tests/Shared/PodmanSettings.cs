namespace OrleansTasks.Tests;

/// <summary>
/// The settings with which podman runs containers on test machines (build/has-containers.sh has the same).
/// </summary>
internal static class PodmanSettings
{
    /// <summary>
    /// Writes the settings into a folder. Returns the value of CONTAINERS_CONF that makes podman read them.
    /// </summary>
    public static string Write(string folder)
    {
        var file = Path.Combine(folder, "containers.conf");
        // A test machine may run without systemd. Its crun may not support its control groups, so runc comes first.
        File.WriteAllText(file, $"""
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            {(File.Exists("/usr/sbin/runc") || File.Exists("/usr/bin/runc") ? "runtime = \"runc\"" : "")}
            """);
        return file;
    }
}
