using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The ids of a worker's containers. Each is in a file with the container's name, in the folder <c>containers</c> next
/// to the folder of the working folders. It stays there until the container is removed completely, because a killed
/// podman or runtime can leave a runtime's state or control groups that podman does not know. Only the id identifies
/// them.
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

    /// <summary>Returns the names of the containers that are not forgotten.</summary>
    internal string[] Names() => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder, prefix + "*").Select(static path => Path.GetFileName(path))];

    /// <summary>Forgets the id of a container that has been removed completely.</summary>
    internal void Forget(string name)
    {
        if (Directory.Exists(folder)) File.Delete(Path.Combine(folder, name));
    }
}
