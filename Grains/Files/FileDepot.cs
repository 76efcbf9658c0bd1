using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Files;

/// <summary>
/// Stores and reads files: the bytes in <see cref="IFileStore"/>, in step with <see cref="IFileIndex"/>. Whatever stores a file goes through
/// it, so that no file counts as stored whose bytes are not durable, and no bytes are there of which the index knows nothing. All methods
/// throw <see cref="StoreUnavailableException"/>.
/// </summary>
/// <param name="store">The bytes.</param>
/// <param name="index">Which files are stored.</param>
/// <param name="options">The bound on all files together.</param>
/// <param name="time">The clock.</param>
public sealed class FileDepot(IFileStore store, IFileIndex index, FileDepotOptions options, TimeProvider time)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TotalsLifetime = TimeSpan.FromSeconds(1);

    // What Totals said last, and what was added here since. Several silos may add at once, so the bound is approximate.
    private (long Asked, long Files, long Bytes) totals = (long.MinValue, 0, 0);

    /// <summary>
    /// Begins an upload. The caller writes the bytes, passes the upload to <see cref="Store"/>, and disposes it in any case.
    /// </summary>
    /// <exception cref="FileStoreFullException">The store has no room.</exception>
    public async Task<IFileUpload> Begin()
    {
        await RequireRoom(0);
        return store.Begin();
    }

    /// <summary>
    /// Seals uploads and stores them, durably, with as few flushes as possible. Returns each file, and whether it was stored before. Takes
    /// at most <see cref="IFileIndex.MostFiles"/>.
    /// </summary>
    /// <exception cref="FileStoreFullException">The store has no room. Some of the files may be stored.</exception>
    public async Task<ImmutableArray<(StoredFile File, bool WasThere)>> Store(IReadOnlyList<IFileUpload> uploads)
    {
        ArgumentNullException.ThrowIfNull(uploads);
        var files = uploads.Select(static upload => upload.Seal()).ToImmutableArray();
        await RequireRoom(files.Sum(static file => file.Bytes));
        var states = await Reserve(files);
        var fresh = Enumerable.Range(0, files.Length).Where(i => states[i] == FileState.Arriving).ToArray();
        if (fresh.Length > 0)
        {
            await store.Publish([.. fresh.Select(i => uploads[i])]);
            await index.Confirm([.. fresh.Select(i => files[i].Name)], Now);
            totals.Bytes += fresh.Sum(i => files[i].Bytes);
            totals.Files += fresh.Length;
        }

        return [.. files.Select((file, i) => (file, states[i] == FileState.Stored))];
    }

    /// <summary>Returns those of the names that are not stored, in the given order. The others stay for another day.</summary>
    public Task<ImmutableArray<FileName>> Missing(IReadOnlyList<FileName> names) => index.Missing(names, Now);

    /// <summary>Returns a stored file; null if it is not stored.</summary>
    public Task<StoredFile?> Find(FileName name) => index.Find(name);

    /// <summary>
    /// Opens a stored file at an offset; null if it is not stored. A file that something names is never missing.
    /// </summary>
    public async Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default) =>
        await index.Find(name) is null ? null : await store.Open(name, offset, cancellation);

    /// <summary>Returns how much is stored. What was stored in the last second by other silos may not count yet.</summary>
    public async Task<FileSpace> Space()
    {
        if (totals.Asked == long.MinValue || time.GetElapsedTime(totals.Asked) >= TotalsLifetime)
        {
            var (files, bytes) = await index.Totals();
            totals = (time.GetTimestamp(), files, bytes);
        }

        return new FileSpace(totals.Files, totals.Bytes, options.MostBytes);
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    // A file that is leaving is gone within moments, and can then be stored anew.
    private async Task<ImmutableArray<FileState>> Reserve(ImmutableArray<StoredFile> files)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var states = await index.Reserve(files, Now);
            if (!states.Contains(FileState.Leaving))
                return states;
            if (time.GetElapsedTime(began) > Patience)
                throw new StoreUnavailableException("An earlier copy of the file is being removed. Try again.");
            await Task.Delay(BetweenTries, time);
        }
    }

    private async Task RequireRoom(long bytes)
    {
        if (options.MostBytes is { } most && (await Space()).Bytes + bytes > most)
            throw new FileStoreFullException("The store of files has reached --file-store-max.");
    }
}
