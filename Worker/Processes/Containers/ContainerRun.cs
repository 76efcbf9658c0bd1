using System.Globalization;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The container of one attempt.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">The folder of the files that its engine reads and writes.</param>
/// <param name="IsRemovedAtEnd">Whether the engine removes it when it has ended.</param>
internal sealed record ContainerRun(string Name, WorkFolder Folder, bool IsRemovedAtEnd)
{
    /// <summary>The file with the command's environment.</summary>
    internal string EnvironmentFile => Folder.Path + "/environment";

    /// <summary>The file that podman writes once the command's process exists.</summary>
    internal string ProcessFile => Folder.Path + "/process";

    /// <summary>
    /// Signals the container's first process. Returns false if it is not known, or not this process's to signal. podman
    /// would pass a signal on too, but ends by it instead as long as it has not noted that the container runs.
    /// </summary>
    internal bool TrySignal(int signal)
    {
        try
        {
            if (!int.TryParse(File.ReadAllText(ProcessFile), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                || !ProcessStat.TryRead(pid, out var stat) || stat.IsDead) return false;
            // The number may be another process's by now. That of the container is a child of the one that names it.
            return File.ReadAllText($"/proc/{stat.Parent}/cmdline").Contains(Name, StringComparison.Ordinal) && ProcessTree.Signal(stat, signal);
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
