using OrleansTasks.Storage.Files;

namespace OrleansTasks.Files;

/// <summary>Stores the files of a checked archive, step by step: many small ones at a time, with one flush.</summary>
/// <param name="depot">Stores files.</param>
/// <param name="archive">The archive, as it was sent.</param>
/// <param name="entries">Its files.</param>
internal sealed class ArchiveUnpacking(FileDepot depot, IFileUpload archive, IReadOnlyList<TarEntry> entries) : IAsyncDisposable
{
    private const int FilesAtOnce = 1_000;
    private const long BytesAtOnce = 16L << 20;
    private readonly byte[] block = new byte[ServiceLimits.FileBlockBytes];
    private readonly Stream content = archive.Read();
    private long at;
    private int next;

    /// <summary>Whether there is another file.</summary>
    public bool HasMore => next < entries.Count;

    /// <summary>Stores the next files and returns them.</summary>
    public async Task<ImmutableArray<ArchivedFile>> Next()
    {
        var uploads = new List<IFileUpload>();
        try
        {
            var first = next;
            for (var bytes = 0L; HasMore && uploads.Count < FilesAtOnce && bytes < BytesAtOnce; next++)
            {
                var upload = await depot.Begin();
                uploads.Add(upload);
                await Copy(entries[next], upload);
                bytes += upload.Bytes;
            }

            var stored = await depot.Store(uploads);
            return [.. stored.Select((file, i) => new ArchivedFile(entries[first + i].Path, file.File, entries[first + i].IsExecutable))];
        }
        finally
        {
            foreach (var upload in uploads)
                await upload.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => content.DisposeAsync();

    private async Task Copy(TarEntry entry, IFileUpload upload)
    {
        await Skip(entry.Offset - at);
        for (var left = entry.Bytes; left > 0;)
        {
            var piece = block.AsMemory(0, (int)Math.Min(block.Length, left));
            await content.ReadExactlyAsync(piece);
            await upload.Write(piece);
            left -= piece.Length;
        }

        at = entry.Offset + entry.Bytes;
    }

    private async Task Skip(long count)
    {
        while (count > 0)
        {
            var piece = block.AsMemory(0, (int)Math.Min(block.Length, count));
            await content.ReadExactlyAsync(piece);
            count -= piece.Length;
        }
    }
}
