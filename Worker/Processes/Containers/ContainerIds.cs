using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The ids of a worker's containers: a file for each, named as the container, in the folder <c>containers</c> beside the
/// working folders. podman may have forgotten a container of which its runtime still has something, and the runtime may
/// have made control groups for a container that it does not know. Only the id leads to these.
/// </summary>
/// <param name="workRoot">The folder that holds the working folders.</param>
[SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
internal sealed class ContainerIds(string workRoot)
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string folder = Path.Combine(Path.GetDirectoryName(workRoot) ?? "/", "containers");
    private readonly string prefix = ContainerEngine.PrefixOf(workRoot);

    /// <summary>Returns the file that podman writes once a container has an id. It must not exist before.</summary>
    internal string FileOf(string name)
    {
        Directory.CreateDirectory(folder, OwnersAlone);
        return Path.Combine(folder, name);
    }

    /// <summary>Returns a container's id; null if it has none yet, or its engine does not write it.</summary>
    internal string? Read(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name)).Trim() is { Length: > 0 } id ? id : null;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns the names of the containers whose ids were not forgotten.</summary>
    internal string[] Names() =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, prefix + "*").Select(static path => Path.GetFileName(path))] : [];

    /// <summary>Forgets the id of a container of which nothing is left.</summary>
    internal void Forget(string name)
    {
        if (Directory.Exists(folder)) File.Delete(Path.Combine(folder, name));
    }
}
