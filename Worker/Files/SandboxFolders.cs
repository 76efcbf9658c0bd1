using OrleansTasks.Settings;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// The setting <c>--sandbox-allow</c>: the folders that tasks in a sandbox or a container may ask to read or write.
/// </summary>
public static class SandboxFolders
{
    /// <summary>What the setting expects, for messages.</summary>
    public const string Expected = "the absolute path of an existing folder other than /";

    /// <summary>Reads one folder and resolves its links; null if the text is not <see cref="Expected"/>.</summary>
    public static Parsed<string>? Read(string text) =>
        Path.IsPathFullyQualified(text) && RealPath.Find(text) is { } folder && folder != "/"
        && Directory.Exists(folder)
            ? new(folder)
            : default(Parsed<string>?);

    /// <summary>
    /// Resolves the links of a path that a task asks for. Returns null if the path does not exist or is in none of the
    /// folders: a task must not learn whether a path exists that is not allowed.
    /// </summary>
    /// <param name="folders">The folders, as <see cref="Read"/> returned them.</param>
    /// <param name="path">The path.</param>
    internal static string? Find(IReadOnlyList<string> folders, string path) =>
        RealPath.Find(path) is { } real && folders.Any(folder => real == folder || RealPath.IsBeneath(real, folder))
            ? real
            : null;

    /// <summary>
    /// Checks that no folder contains the data folder or is inside it: a task could read the worker's key, the database
    /// and the files of other tasks.
    /// </summary>
    /// <param name="folders">The folders, as <see cref="Read"/> returned them.</param>
    /// <param name="data">The data folder, which may not exist yet.</param>
    /// <exception cref="StartRefusedException">A folder overlaps the data folder.</exception>
    public static void Check(IEnumerable<string> folders, string data)
    {
        var own = Resolve(Path.GetFullPath(data));
        foreach (var folder in folders)
        {
            if (folder == own || RealPath.IsBeneath(own, folder) || RealPath.IsBeneath(folder, own))
            {
                throw new StartRefusedException(
                    $"--sandbox-allow {folder} overlaps the data folder {own}. "
                    + "Choose a folder that neither contains the data folder nor is inside it.",
                    StartRefusedException.BadOption);
            }
        }
    }

    /// <summary>Resolves the links in the part of a full path that exists.</summary>
    private static string Resolve(string path)
    {
        if (RealPath.Find(path) is { } real)
            return real;
        return Path.GetDirectoryName(path) is { } parent
            ? Path.Combine(Resolve(parent), Path.GetFileName(path))
            : path;
    }
}
