namespace OrleansTasks.Cli.Map;

/// <summary>The parts of a path that placeholders name, as GNU parallel cuts them.</summary>
internal static class PathParts
{
    /// <summary>
    /// Returns the path without the extension of its last part. A leading dot counts: <c>.profile</c> becomes empty.
    /// </summary>
    public static string WithoutExtension(string path)
    {
        var at = path.LastIndexOfAny(['.', '/']);
        return at >= 0 && path[at] == '.' ? path[..at] : path;
    }

    /// <summary>Returns what follows the last slash of the first line that has one.</summary>
    public static string NameOf(string path)
    {
        for (var start = 0; start <= path.Length;)
        {
            var end = path.IndexOf('\n', start) is var found and >= 0 ? found : path.Length;
            if (path.AsSpan(start, end - start).LastIndexOf('/') is var slash and >= 0)
                return path[..start] + path[(start + slash + 1)..];
            start = end + 1;
        }

        return path;
    }

    /// <summary>Returns the folder: <c>.</c> for a path without a slash.</summary>
    public static string FolderOf(string path)
    {
        var end = WithoutSlashes(path, path.Length);
        // The path ends with a slash: its last part is the one before.
        if (end < path.Length && path[end - 1] != '/')
            return FolderOf(path[..end]);
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "." : path[..WithoutSlashes(path, slash + 1)];
    }

    /// <summary>Returns the length without trailing slashes, at least 1.</summary>
    private static int WithoutSlashes(string path, int length)
    {
        while (length > 1 && path[length - 1] == '/')
            length--;
        return length;
    }
}
