using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Fetches a stored file for a chunk, which disposes it after reading its part.</summary>
internal delegate Task<CachedFile> FetchOfChunk(Lease lease, FileName name, long size, CancellationToken cancellation);

/// <summary>Loads a chunk's items, which were sent with it or are in the file that it names.</summary>
/// <param name="files">Opens files of the machine.</param>
/// <param name="fetch">Fetches stored files; null if the worker takes none.</param>
internal sealed class ChunkItems(SourceFileOpener files, FetchOfChunk? fetch)
{
    private readonly FileQuotes quotes = new();

    /// <summary>
    /// Returns the items. If they are in a file, this reads the file; if that is a stored file that is not in the
    /// cache, this fetches it first.
    /// </summary>
    /// <exception cref="CommandPutBack">
    /// The service no longer knows this attempt; another one can fetch the file.
    /// </exception>
    internal async ValueTask<ChunkInput> OfAsync(Start start, CancellationToken cancellation)
    {
        var chunk = start.Chunk;
        var input = new ChunkInput((ItemFormat)(int)chunk.Format, chunk.First, chunk.Items, chunk.Segment.Memory);
        if (!FileChunk.IsOne(input.Format))
            return input;
        var file = FileChunk.FileOf(input);
        if (!FileName.TryParse(file.Path, out var name))
            return FileChunk.Load(input, files.Open, quotes, cancellation);
        if (fetch is null)
            throw new IOException("this worker takes no files");
        try
        {
            using var cached = await fetch(start.Lease, name, file.Size, cancellation);
            return FileChunk.Load(input, _ => File.OpenHandle(cached.Path), quotes, cancellation);
        }
        catch (FilePlaneException failure) when (failure.IsNotHeld)
        {
            throw new CommandPutBack(failure.Message);
        }
    }
}
