using System.Security.Cryptography;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.S3;

/// <summary>
/// Bytes on their way into a bucket. Full parts are sent while the next one fills. The last part, full or not, stays
/// in memory until the
/// upload is published.
/// </summary>
internal sealed class S3Upload(S3FileStore store) : IFileUpload
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<Task> sent = [];
    private byte[] part = [];
    private int filled;
    private StoredFile? seal;

    /// <inheritdoc/>
    public long Bytes => (long)Parts * S3FileStore.PartBytes + filled;

    /// <summary>Where the parts are; null if there are none.</summary>
    internal string? Folder { get; private set; }

    /// <summary>The number of parts that were sent.</summary>
    internal int Parts { get; private set; }

    /// <inheritdoc/>
    public async ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        if (seal is not null)
            throw new InvalidOperationException("The upload is sealed.");
        hash.AppendData(bytes.Span);
        while (!bytes.IsEmpty)
        {
            if (filled == S3FileStore.PartBytes)
                await Send().ConfigureAwait(false);
            var taken = Math.Min(bytes.Length, S3FileStore.PartBytes - filled);
            if (part.Length < filled + taken)
                Array.Resize(ref part, Math.Min(S3FileStore.PartBytes, Math.Max(filled + taken, 2 * part.Length)));
            bytes[..taken].CopyTo(part.AsMemory(filled));
            (filled, bytes) = (filled + taken, bytes[taken..]);
        }
    }

    /// <inheritdoc/>
    public StoredFile Seal() => seal ??= new StoredFile(FileName.Read(hash.GetHashAndReset()), Bytes);

    /// <inheritdoc/>
    public Stream Read() => new S3UploadContent(store, this);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        hash.Dispose();
        if (Folder is null)
            return;
        // A part that arrives later would stay.
        await ((Task)Task.WhenAll(sent)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await store.EndUpload(Folder, Parts).ConfigureAwait(false);
        Folder = null;
    }

    /// <summary>Waits until all full parts have been sent, and returns the bytes after them.</summary>
    internal async Task<ArraySegment<byte>> Settle()
    {
        await Task.WhenAll(sent).ConfigureAwait(false);
        return new ArraySegment<byte>(part, 0, filled);
    }

    private async Task Send()
    {
        // A part that could not be sent ends the upload.
        foreach (var done in sent.Where(static one => one.IsCompleted))
            await done.ConfigureAwait(false);
        sent.RemoveAll(static one => one.IsCompletedSuccessfully);
        Folder ??= store.BeginUpload();
        sent.Add(await store.Send(Folder, Parts + 1, new ArraySegment<byte>(part)).ConfigureAwait(false));
        (part, filled) = (GC.AllocateUninitializedArray<byte>(S3FileStore.PartBytes), 0);
        Parts++;
    }
}
