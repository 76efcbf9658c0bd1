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
    private static readonly SourceFile InCluster = new(
        null, "cannot be read in a cluster, where nothing proves that all silos and workers see the same file; send the items from a file "
            + "with 'otask job run --from', or have a command write them");

    private static readonly SourceFile NoRoots = new(
        null, "cannot be read: the service was started without --file-root, which names the folders that jobs may read");

    private static readonly SourceFile Outside = new(null, "does not exist, or is not below a folder that --file-root allows");

    /// <inheritdoc/>
    public SourceFile Find(string path)
    {
        if (options.Value.IsMember)
            return InCluster;
        if (options.Value.FileRoots.Count == 0)
            return NoRoots;
        try
        {
            if (RealPath.Find(path) is not { } real || !options.Value.FileRoots.Any(root => RealPath.IsBeneath(real, RealPath.Of(root))))
                return Outside;
            if (FileKind.FaultOf(real) is { } fault)
                return new SourceFile(null, fault);
            var file = new FileInfo(real);
            return new SourceFile(new FilePart(real, file.Length, file.LastWriteTimeUtc.Ticks), null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Outside;
        }
    }
}
