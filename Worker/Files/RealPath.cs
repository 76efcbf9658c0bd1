namespace OrleansTasks.Worker.Files;

/// <summary>Resolves links in paths.</summary>
public static class RealPath
{
    /// <summary>
    /// Returns the path of a folder with all links resolved; the full path as given if it does not exist.
    /// </summary>
    public static string Of(string folder) => Find(folder) ?? Path.GetFullPath(folder);

    /// <summary>Whether a file is below a folder. Both paths must be absolute and without links.</summary>
    public static bool IsBeneath(string file, string folder) =>
        file.StartsWith(folder.EndsWith('/') ? folder : folder + "/", StringComparison.Ordinal);

    /// <summary>Returns the path with all links resolved; null if it does not exist.</summary>
    public static string? Find(string path)
    {
        const int MostLinks = 40;
        var links = 0;
        var real = "/";
        var left = new Stack<string>(Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (left.TryPop(out var name))
        {
            if (name is "." or "..")
            {
                real = name == "." ? real : Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            var next = Path.Combine(real, name);
            var entry = new FileInfo(next);
            if (entry.LinkTarget is { } target)
            {
                if (++links > MostLinks)
                    return null;
                real = target.StartsWith('/') ? "/" : real;
                foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                    left.Push(part);
            }
            else if (entry.Exists || Directory.Exists(next))
                real = next;
            else
                return null;
        }

        return real;
    }
}
