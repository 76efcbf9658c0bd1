using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Loads a chunk's items, which were sent with it or are in the file that it names.</summary>
internal sealed class ChunkItems(SourceFileOpener files)
{
    private readonly FileQuotes quotes = new();

    /// <summary>Returns the items. Reads the file if they are in one.</summary>
    internal ChunkInput Of(Chunk chunk, CancellationToken cancellation)
    {
        var input = new ChunkInput((ItemFormat)(int)chunk.Format, chunk.First, chunk.Items, chunk.Segment.Memory);
        return FileChunk.IsOne(input.Format) ? FileChunk.Load(input, files.Open, quotes, cancellation) : input;
    }
}
