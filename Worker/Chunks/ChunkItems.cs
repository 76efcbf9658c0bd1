using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Opens a stored file for a chunk, which disposes it after reading its part. If the chunk does not need the whole file, it may get
/// <see cref="FetchedParts"/>.
/// </summary>
internal delegate Task<SourceBytes> OpenForChunk(
    Lease lease, FileName name, long size, bool isWhole, CancellationToken cancellation);

/// <summary>Loads a chunk's items, which were sent with it or are in the file that it names.</summary>
/// <remarks>
/// Of a large stored file, a chunk fetches the bytes that it reads: its part, the rest of its last line, and the head of the file, which
/// is remembered. A part of a CSV file also needs what precedes it, to learn whether it begins within quotes: as a rule at most a
/// mebibyte. If there are quotes in it, the worker fetches the whole file into its cache, once.
/// </remarks>
/// <param name="files">Opens files of the machine.</param>
/// <param name="open">Opens stored files; null if the worker takes none.</param>
internal sealed class ChunkItems(SourceFileOpener files, OpenForChunk? open)
{
    /// <summary>A file up to this size is fetched as a whole.</summary>
    internal const long SmallFile = 4 << 20;

    /// <summary>The bytes at the beginning of a file that tell its encoding and the columns of CSV.</summary>
    internal const int Head = 64 * 1024;

    /// <summary>The bytes after a part that are fetched with it, for the rest of its last line.</summary>
    internal const int Rest = 16 * 1024;

    private const int MostHeads = 64;
    private readonly FileQuotes quotes = new();
    private readonly Dictionary<FileName, byte[]> heads = [];

    /// <summary>
    /// Returns the items. If they are in a file, this reads the file; if that is a stored file, this fetches what the
    /// cache does not have.
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
        if (open is null)
            throw new IOException("this worker takes no files");
        try
        {
            // Most of the file, or all of it.
            var isWhole = file.Size <= SmallFile || input.Items > file.Size / 2;
            using (var bytes = await open(start.Lease, name, file.Size, isWhole, cancellation))
            {
                if (bytes is not FetchedParts parts)
                    return FileChunk.Load(input, bytes, quotes, cancellation);
                if (await TryLoadAsync(input, file, name, parts, cancellation) is { } loaded)
                    return loaded;
            }

            using var all = await open(start.Lease, name, file.Size, isWhole: true, cancellation);
            return FileChunk.Load(input, all, quotes, cancellation);
        }
        catch (FilePlaneException failure) when (failure.IsNotHeld)
        {
            throw new CommandPutBack(failure.Message);
        }
    }

    /// <summary>Reads a part of which the bytes are fetched. Returns null if that would take much of the file.</summary>
    private async Task<ChunkInput?> TryLoadAsync(
        ChunkInput input, FilePart file, FileName name, FetchedParts parts, CancellationToken cancellation)
    {
        parts.Add(0, await HeadOfAsync(name, file.Size, parts, cancellation));
        var begin = input.First - file.Start;
        // The byte before the part tells whether a line begins with the part.
        var from = Math.Max(0, begin - 1);
        if (input.Format == ItemFormat.FileCsv)
            from = Math.Min(from, Math.Max(0, quotes.NeededFrom(file, begin)));
        await parts.FetchAsync(from, begin + input.Items + Rest, cancellation);
        while (true)
        {
            try
            {
                return FileChunk.Load(input, parts, quotes, cancellation);
            }
            catch (AbsentBytesException absent) when (absent.At < from)
            {
                return null;
            }
            catch (AbsentBytesException absent)
            {
                await parts.FetchAsync(absent.At, absent.At + absent.Count, cancellation);
            }
        }
    }

    private async Task<byte[]> HeadOfAsync(FileName name, long size, FetchedParts parts, CancellationToken cancellation)
    {
        lock (heads)
        {
            if (heads.TryGetValue(name, out var known))
                return known;
        }

        await parts.FetchAsync(0, Head, cancellation);
        var head = new byte[Math.Min(Head, size)];
        parts.Read(head, 0);
        lock (heads)
        {
            if (heads.Count >= MostHeads)
                heads.Clear();
            heads[name] = head;
        }

        return head;
    }
}
