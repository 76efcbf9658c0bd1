using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Cli.Files;

/// <summary>A file of this machine that a task gets.</summary>
/// <param name="Path">The file's path on this machine.</param>
/// <param name="Name">Its path in the task's working folder.</param>
internal sealed record LocalInput(string Path, string Name)
{
    /// <summary>
    /// Returns the files that a value of <c>--input</c> names: a file, or all files of a folder. Throws
    /// <see cref="UsageException"/>.
    /// </summary>
    public static IEnumerable<LocalInput> Find(string named)
    {
        foreach (var input in AllOf(named))
        {
            if (FolderPath.FindFault(input.Name) is { } fault)
            {
                throw new UsageException(
                    $"--input: {TerminalText.Line(input.Path)} would be at {TerminalText.Line(input.Name)}, "
                        + $"which {fault}. Give a name: PATH=NAME");
            }

            yield return input;
        }
    }

    private static IEnumerable<LocalInput> AllOf(string named)
    {
        var (path, name) = (named, (string?)null);
        // A file whose own name has the sign is meant before anything else.
        if (!File.Exists(named) && !Directory.Exists(named) && named.LastIndexOf('=') is > 0 and var at)
            (path, name) = (named[..at], named[(at + 1)..]);
        if (File.Exists(path))
            return [new LocalInput(path, name ?? NameOf(path))];
        if (!Directory.Exists(path))
            throw new UsageException($"--input: {TerminalText.Line(path)} does not exist.");
        var folder = (name ?? NameOf(path)).TrimEnd('/');
        // Links to folders are not followed, because they can lead in circles.
        return Directory.EnumerateFiles(path, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device, IgnoreInaccessible = false,
        }).Order(StringComparer.Ordinal).Select(file =>
        {
            var inner = System.IO.Path.GetRelativePath(path, file);
            return new LocalInput(file, folder is "" or "." ? inner : $"{folder}/{inner}");
        });
    }

    // A path below this folder keeps its folders; any other has only its last name.
    private static string NameOf(string path)
    {
        var whole = System.IO.Path.GetFullPath(path);
        var inner = System.IO.Path.GetRelativePath(Environment.CurrentDirectory, whole);
        var isElsewhere = inner.StartsWith("..", StringComparison.Ordinal) || System.IO.Path.IsPathRooted(inner);
        return isElsewhere ? System.IO.Path.GetFileName(whole.TrimEnd('/')) : inner;
    }
}
