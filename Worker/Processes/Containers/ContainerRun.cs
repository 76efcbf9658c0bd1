using System.Globalization;
using OrleansTasks.Worker.Handover;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The container of one attempt.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">The folder with the files that the engine reads and writes.</param>
/// <param name="IsRemovedAtEnd">Whether the engine removes the container when it has ended.</param>
internal sealed record ContainerRun(string Name, WorkFolder Folder, bool IsRemovedAtEnd)
{
    /// <summary>The file with the command's environment.</summary>
    internal string EnvironmentFile => Folder.Path + "/environment";

    /// <summary>The file that podman writes once the command's process exists.</summary>
    internal string ProcessFile => Folder.Path + "/process";

    /// <summary>Returns the container that an earlier program of this process has started.</summary>
    internal static ContainerRun Of(ContainerRecord record) =>
        new(record.Name, new(record.Folder, default), record.IsRemovedAtEnd);

    /// <summary>Returns what another program of this process needs to take over the container.</summary>
    internal ContainerRecord ToRecord() =>
        new() { Name = Name, Folder = Folder.Path, IsRemovedAtEnd = IsRemovedAtEnd };

    /// <summary>
    /// Signals the container's first process. Returns false if that process is not known, or if the worker may not
    /// signal it. podman passes a signal on as well, but before it has noted that the container runs, the signal ends
    /// podman itself.
    /// </summary>
    internal bool TrySignal(int signal)
    {
        try
        {
            var text = File.ReadAllText(ProcessFile);
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                || !ProcessStat.TryRead(pid, out var stat) || stat.IsDead) return false;
            // The id may have been reused. The container's process has a parent whose arguments name the container.
            return File.ReadAllText($"/proc/{stat.Parent}/cmdline").Contains(Name, StringComparison.Ordinal)
                && ProcessTree.Signal(stat, signal);
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
