using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Amazon.Runtime;
using Amazon.S3.Model;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.S3;

/// <summary>
/// Files in a bucket of an S3-compatible server, which several silos may share: <c>files/ab/cdef…</c>, by the
/// hexadecimal digits of their
/// hashes. A small file is written with one call when it is published. A larger one arrives in parts, which are
/// objects below
/// <c>arriving</c>; the server puts them together when the file is published, so it appears as a whole or not at all.
/// </summary>
public sealed class S3FileStore : IFileStore, IDisposable
{
    /// <summary>The size of a part. A file of the maximum size has 8,192 of the 10,000 parts that S3 allows.</summary>
    internal const int PartBytes = 8 << 20;

    // Together they bound the memory: each part that is being sent takes its size.
    private const int PartsSentAtOnce = 16;
    private const int CallsAtOnce = 32;
    private readonly S3Bucket bucket;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim sending = new(PartsSentAtOnce);

    // The uploads of this process, by their folder, and the objects that it is putting together, by their id.
    private readonly ConcurrentDictionary<string, bool> own = new(StringComparer.Ordinal);

    /// <summary>Opens a store, without a call.</summary>
    /// <param name="address">The bucket.</param>
    /// <param name="time">The clock.</param>
    public S3FileStore(S3Address address, TimeProvider time) : this(address, time, null)
    {
    }

    /// <summary>Opens a store with keys that the environment does not have.</summary>
    internal S3FileStore(S3Address address, TimeProvider time, AWSCredentials? keys)
    {
        ArgumentNullException.ThrowIfNull(address);
        bucket = new S3Bucket(address, keys);
        this.time = time;
    }

    /// <summary>Where the files are, for messages.</summary>
    public string Place => bucket.Address.ToString();

    /// <inheritdoc/>
    public string? Fault => bucket.Fault;

    private string Root => bucket.Address.Prefix;

    private string Arriving => $"{Root}arriving/";

    /// <summary>
    /// Checks that the bucket can be used: lists, writes, reads and deletes. Then marks it as that of one service, so
    /// that no other service
    /// removes files there that it does not know.
    /// </summary>
    /// <param name="service">What identifies the service.</param>
    /// <exception cref="StoreUnavailableException">The server does not answer. Another try may succeed.</exception>
    /// <exception cref="UnusableBucketException">The settings are wrong. The message says which.</exception>
    public async Task Claim(string service)
    {
        try
        {
            await TryCalls(service).ConfigureAwait(false);
        }
        catch (StoreUnavailableException fault) when (fault.InnerException is { } cause && !S3Faults.IsPassing(cause))
        {
            throw new UnusableBucketException(fault.Message, fault);
        }
        catch (FileStoreFullException full)
        {
            throw new StoreUnavailableException(full.Message, full);
        }
    }

    /// <inheritdoc/>
    public IFileUpload Begin() => new S3Upload(this);

    /// <inheritdoc/>
    public Task Publish(IReadOnlyList<IFileUpload> uploads) => Parallel.ForEachAsync(
        uploads.Cast<S3Upload>(), new ParallelOptions { MaxDegreeOfParallelism = PartsSentAtOnce },
        async (upload, _) => await Publish(upload).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default) =>
        await bucket.Get(KeyOf(name), offset, cancellation).ConfigureAwait(false) is { } first
            ? new S3Content(from => bucket.Get(KeyOf(name), from, CancellationToken.None), first, offset, time)
            : null;

    /// <inheritdoc/>
    public Task<long?> Length(FileName name) => bucket.Length(KeyOf(name));

    /// <inheritdoc/>
    public Task Delete(FileName name) => bucket.Delete(KeyOf(name));

    /// <inheritdoc/>
    public async Task<ImmutableArray<FileName>> List(int part)
    {
        var folder = FolderOf(part);
        var names = ImmutableArray.CreateBuilder<FileName>();
        await foreach (var (key, _) in bucket.List(folder).ConfigureAwait(false))
        {
            if (FileName.TryParse($"sha256:{part:x2}{key[folder.Length..]}", out var name))
                names.Add(name);
        }

        return names.DrainToImmutable();
    }

    /// <inheritdoc/>
    public async Task<int> DiscardLeft(TimeSpan silence)
    {
        var oldest = time.GetUtcNow() - silence;
        var uploads = new Dictionary<string, (List<string> Keys, DateTimeOffset WrittenAt)>(StringComparer.Ordinal);
        await foreach (var (key, writtenAt) in bucket.List(Arriving).ConfigureAwait(false))
        {
            var upload = key[Arriving.Length..].Split('/')[0];
            var known = uploads.TryGetValue(upload, out var found) ? found : ([], DateTimeOffset.MinValue);
            known.Keys.Add(key);
            uploads[upload] = (known.Keys, writtenAt > known.WrittenAt ? writtenAt : known.WrittenAt);
        }

        var removed = 0;
        foreach (var (_, (keys, _)) in uploads.Where(one => !own.ContainsKey(one.Key) && one.Value.WrittenAt <= oldest))
        {
            await DeleteAll(keys).ConfigureAwait(false);
            removed++;
        }

        foreach (var (key, id, begunAt) in await bucket.ListParts($"{Root}files/").ConfigureAwait(false))
        {
            if (own.ContainsKey(id) || begunAt > oldest)
                continue;
            await bucket.AbortParts(key, id).ConfigureAwait(false);
            removed++;
        }

        return removed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        bucket.Dispose();
        sending.Dispose();
    }

    /// <summary>Begins an upload with parts; nothing but its end removes them from now on.</summary>
    internal string BeginUpload()
    {
        var folder = Guid.NewGuid().ToString("N");
        own.TryAdd(folder, true);
        return folder;
    }

    /// <summary>Sends a part when few enough are under way, and returns the sending.</summary>
    internal async Task<Task> Send(string upload, int number, ArraySegment<byte> bytes)
    {
        await sending.WaitAsync().ConfigureAwait(false);
        return SendNow(upload, number, bytes);
    }

    /// <summary>Opens a part that was sent.</summary>
    internal async Task<Stream> OpenPart(string upload, int number, long offset) =>
        await bucket.Get(PartKey(upload, number), offset, CancellationToken.None).ConfigureAwait(false)
        ?? throw new IOException("A part of an upload is gone.");

    /// <summary>The clock.</summary>
    internal TimeProvider Time => time;

    /// <summary>Removes the parts of an upload. What fails is left to <see cref="DiscardLeft"/>.</summary>
    internal async Task EndUpload(string upload, int parts)
    {
        try
        {
            await DeleteAll(Enumerable.Range(1, parts).Select(number => PartKey(upload, number))).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or FileStoreFullException)
        {
            // Another round removes it.
        }
        finally
        {
            own.TryRemove(upload, out _);
        }
    }

    // Several silos may do this at once; they write the same.
    private async Task TryCalls(string service)
    {
        var (marker, own) = ($"{Root}service", Encoding.ASCII.GetBytes(service));
        await foreach (var _ in bucket.List(marker).ConfigureAwait(false))
            break;
        await using var found = await bucket.Get(marker, 0, CancellationToken.None).ConfigureAwait(false);
        if (found is not null)
        {
            var there = new byte[own.Length + 1];
            var count = await found.ReadAtLeastAsync(there, there.Length, throwOnEndOfStream: false)
                .ConfigureAwait(false);
            if (!there.AsSpan(0, count).SequenceEqual(own))
            {
                throw new UnusableBucketException(
                    $"Another service keeps its files in {bucket.Address}. Choose another prefix. If this service "
                    + $"has replaced the other one, delete the object '{marker}'.");
            }
        }

        var trial = $"{Arriving}{Guid.NewGuid():N}/trial";
        await bucket.Put(trial, own).ConfigureAwait(false);
        await bucket.Delete(trial).ConfigureAwait(false);
        if (found is null)
            await bucket.Put(marker, own).ConfigureAwait(false);
    }

    private async Task Publish(S3Upload upload)
    {
        var file = upload.Seal();
        var key = KeyOf(file.Name);
        var rest = await upload.Settle().ConfigureAwait(false);
        if (upload.Parts == 0)
            await bucket.Put(key, rest).ConfigureAwait(false);
        else if (await bucket.Length(key).ConfigureAwait(false) != file.Bytes)
            await Join(upload, key, rest).ConfigureAwait(false);
    }

    private async Task Join(S3Upload upload, string key, ArraySegment<byte> rest)
    {
        var id = await bucket.BeginParts(key).ConfigureAwait(false);
        own.TryAdd(id, true);
        try
        {
            var parts = new PartETag[upload.Parts + 1];
            await Parallel.ForEachAsync(Enumerable.Range(1, parts.Length),
                new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce },
                async (number, _) => parts[number - 1] = number == parts.Length
                    ? await bucket.PutPart(key, id, number, rest).ConfigureAwait(false)
                    : await bucket.CopyPart(key, id, number, PartKey(upload.Folder!, number)).ConfigureAwait(false))
                        .ConfigureAwait(false);
            await bucket.EndParts(key, id, parts).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or FileStoreFullException)
        {
            await TryAbort(key, id).ConfigureAwait(false);
            throw;
        }
        finally
        {
            own.TryRemove(id, out _);
        }
    }

    private async Task TryAbort(string key, string id)
    {
        try
        {
            await bucket.AbortParts(key, id).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or FileStoreFullException)
        {
            // DiscardLeft does it.
        }
    }

    private async Task SendNow(string upload, int number, ArraySegment<byte> bytes)
    {
        try
        {
            await bucket.Put(PartKey(upload, number), bytes).ConfigureAwait(false);
        }
        finally
        {
            sending.Release();
        }
    }

    private Task DeleteAll(IEnumerable<string> keys) => Parallel.ForEachAsync(
        keys, new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce },
        async (key, _) => await bucket.Delete(key).ConfigureAwait(false));

    private string FolderOf(int part) => $"{Root}files/{part.ToString("x2", CultureInfo.InvariantCulture)}/";

    private string KeyOf(FileName name) => FolderOf(name.FirstByte) + name.ToHex()[2..];

    private string PartKey(string upload, int number) =>
        $"{Arriving}{upload}/{number.ToString("d5", CultureInfo.InvariantCulture)}";
}
