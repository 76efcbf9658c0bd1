using Microsoft.Extensions.Options;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Silo.Files;

/// <summary>Lets jobs have the files under the folders of <c>--file-root</c>, links followed, and no others.</summary>
public sealed class FileRoots(IOptions<SiloOptions> options) : ISourceFiles
{
    private static readonly SourceFile Outside = new(
        null, "is not under a folder that --file-root allows, or there is no such file; by default no folder is allowed");

    /// <inheritdoc/>
    public SourceFile Find(string path)
    {
        try
        {
            if (Resolve(path) is not { } real || !options.Value.FileRoots.Any(root => IsUnder(real, root)))
                return Outside;
            var file = new FileInfo(real);
            return new SourceFile(new FilePart(real, file.Length, file.LastWriteTimeUtc.Ticks), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Outside;
        }
    }

    private static bool IsUnder(string file, string root)
    {
        var real = Resolve(root) ?? root;
        return file.StartsWith(real.EndsWith('/') ? real : real + "/", StringComparison.Ordinal);
    }

    /// <summary>The path with every link on the way followed; null when nothing is there.</summary>
    private static string? Resolve(string path)
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
