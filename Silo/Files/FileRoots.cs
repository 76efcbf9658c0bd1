using Microsoft.Extensions.Options;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Silo.Files;

/// <summary>
/// Gives jobs access to the files under the folders of <c>--file-root</c>, after resolving links, and to no others.
/// </summary>
public sealed class FileRoots(IOptions<SiloOptions> options) : ISourceFiles
{
    private static readonly SourceFile Outside = new(
        null, "does not exist, or is not below a folder that --file-root allows; by default, no folder is allowed");

    /// <inheritdoc/>
    public SourceFile Find(string path)
    {
        try
        {
            if (RealPath.Find(path) is not { } real || !options.Value.FileRoots.Any(root => RealPath.IsBeneath(real, RealPath.Of(root))))
                return Outside;
            var file = new FileInfo(real);
            return new SourceFile(new FilePart(real, file.Length, file.LastWriteTimeUtc.Ticks), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Outside;
        }
    }
}
