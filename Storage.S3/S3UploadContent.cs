namespace OrleansTasks.Storage.S3;

/// <summary>
/// What was written to an upload: its parts in the bucket, one after the other, and the bytes in memory.
/// </summary>
/// <param name="store">Opens parts.</param>
/// <param name="upload">The upload, to which nothing is written meanwhile.</param>
internal sealed class S3UploadContent(S3FileStore store, S3Upload upload) : ForwardStream
{
    private Stream? source;

    // The part that is read, or was read last; parts count from 1.
    private int number;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (source is not null)
            {
                var count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count > 0 || number > upload.Parts)
                    return count;
                await source.DisposeAsync().ConfigureAwait(false);
            }

            source = await Open(++number).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source?.Dispose();
        base.Dispose(disposing);
    }

    private async Task<Stream> Open(int part)
    {
        var rest = await upload.Settle().ConfigureAwait(false);
        if (part > upload.Parts)
            return new MemoryStream(rest.Array!, rest.Offset, rest.Count, writable: false);
        var folder = upload.Folder!;
        return new S3Content(async at => await store.OpenPart(folder, part, at).ConfigureAwait(false),
            await store.OpenPart(folder, part, 0).ConfigureAwait(false), 0, store.Time);
    }
}
