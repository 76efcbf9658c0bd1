using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Silo.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Gives workers the inputs of the attempts that they hold, and takes the artifacts. An attempt's artifacts are recorded under its token
/// before it ends; only the commit that ends it with their count makes them the task's, so an attempt that lost its lease has none.
/// </summary>
internal sealed class NodeFiles(
    FileDepot depot, IFileIndex index, ITaskStore tasks, TimeProvider time, UrlFiles? urls = null)
{
    private const int MostNamed = 1_000;
    private const int MostHeld = 10_000;
    private static readonly TimeSpan AnswerCounts = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<LeaseRef, long> held = new();

    /// <summary>The inputs of attempts.</summary>
    internal TaskInputs Inputs { get; } = new(tasks, index, urls);

    /// <summary>Returns the bytes of an input.</summary>
    internal async IAsyncEnumerable<FetchBlock> Fetch(FetchRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var lease = NodeMessages.ToLeaseRef(request.Lease);
        var name = NameOf(request.Name);
        if (request.Offset < 0)
            throw new ArgumentException("The offset must be at least 0.");
        if (request.Count < 0)
            throw new ArgumentException("The count must be at least 0.");
        var ofChunk = Inputs.OfChunk(lease);
        if (ofChunk is null && !await Holds(lease))
        {
            yield return new FetchBlock { Outcome = FileOutcome.FileNotHeld };
            yield break;
        }

        var isInput = ofChunk is null ? (await Inputs.Of(lease)).Names.Contains(name) : ofChunk == name;
        await using var content = isInput ? await depot.Open(name, request.Offset, cancellation) : null;
        if (content is null)
        {
            yield return new FetchBlock { Outcome = FileOutcome.FileUnknown };
            yield break;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ServiceLimits.FileBlockBytes);
        try
        {
            // A block is sent, or written to the cache of a worker in this process, before the next one is asked for.
            for (var left = request.Count > 0 ? request.Count : long.MaxValue; left > 0;)
            {
                var most = (int)Math.Min(left, ServiceLimits.FileBlockBytes);
                var count = await content.ReadAtLeastAsync(buffer.AsMemory(0, most), most, false, cancellation);
                if (count == 0)
                    break;
                left -= count;
                yield return new FetchBlock { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, count)) };
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Returns the bytes of several inputs, one after the other.</summary>
    internal async IAsyncEnumerable<FetchBlock> FetchMany(
        FetchFilesRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var lease = NodeMessages.ToLeaseRef(request.Lease);
        var names = NamesOf(request.Names, ServiceLimits.FilesFetchedTogether);
        if (!await Holds(lease))
        {
            yield return new FetchBlock { Outcome = FileOutcome.FileNotHeld };
            yield break;
        }

        var inputs = (await Inputs.Of(lease)).Names;
        var (buffer, filled, isUnknown) = (ArrayPool<byte>.Shared.Rent(ServiceLimits.FileBlockBytes), 0, false);
        try
        {
            for (var i = 0; i < names.Length && !isUnknown; i++)
            {
                await using var content =
                    inputs.Contains(names[i]) ? await depot.Open(names[i], 0, cancellation) : null;
                isUnknown = content is null;
                while (content is not null
                    && await content.ReadAsync(buffer.AsMemory(filled..ServiceLimits.FileBlockBytes), cancellation)
                        is > 0 and var count)
                {
                    filled += count;
                    if (filled < ServiceLimits.FileBlockBytes)
                        continue;
                    yield return new FetchBlock { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, filled)) };
                    filled = 0;
                }
            }

            if (filled > 0)
                yield return new FetchBlock { Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, filled)) };
            if (isUnknown)
                yield return new FetchBlock { Outcome = FileOutcome.FileUnknown };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Says which files are not stored. The others stay for another day.</summary>
    internal async Task<MissingAnswer> Missing(MissingRequest request)
    {
        var names = NamesOf(request.Names, IFileIndex.MostFiles);
        if (!await Holds(NodeMessages.ToLeaseRef(request.Lease)))
            return new MissingAnswer { Outcome = FileOutcome.FileNotHeld };
        var missing = await depot.Missing(names);
        var bytes = new byte[missing.Length * FileName.Size];
        for (var i = 0; i < missing.Length; i++)
            missing[i].Write(bytes.AsSpan(i * FileName.Size));
        return new MissingAnswer { Missing = UnsafeByteOperations.UnsafeWrap(bytes) };
    }

    /// <summary>Stores an artifact's bytes.</summary>
    internal async Task<StoreAnswer> Store(IAsyncEnumerator<StoreBlock> blocks)
    {
        var first = blocks.Current;
        var (lease, name) = (NodeMessages.ToLeaseRef(first.Lease), NameOf(first.Name));
        if (first.Size is < 0 or > ServiceLimits.FileBytes)
            return new StoreAnswer { Outcome = FileOutcome.FileInvalid };
        if (!await Holds(lease))
            return new StoreAnswer { Outcome = FileOutcome.FileNotHeld };
        if ((await depot.Missing([name])).IsEmpty)
            return new StoreAnswer { WasThere = true };
        try
        {
            return await Take(blocks, name, first.Size);
        }
        catch (FileStoreFullException)
        {
            return new StoreAnswer { Outcome = FileOutcome.FileStoreFull };
        }
    }

    /// <summary>Names artifacts of an attempt.</summary>
    internal async Task<ArtifactAnswer> Name(ArtifactPage page)
    {
        var lease = NodeMessages.ToLeaseRef(page.Lease);
        if (page.Artifacts.Count > MostNamed)
            throw new ArgumentException($"A page may have at most {MostNamed} artifacts.");
        if (page.Artifacts.Any(static artifact => artifact.Size < 0 || FolderPath.FindFault(artifact.Path) is not null))
            return new ArtifactAnswer { Outcome = FileOutcome.FileInvalid };
        var rows = page.Artifacts.Select(static artifact => new ArtifactRow(
            artifact.Path, new StoredFile(NameOf(artifact.Name), artifact.Size), artifact.Executable)).ToArray();
        if (!await Holds(lease))
            return new ArtifactAnswer { Outcome = FileOutcome.FileNotHeld };
        var (count, _) = await index.CountArtifacts(lease.Task, lease.Token);
        if (count + rows.Length > TaskArtifact.MostFiles)
            return new ArtifactAnswer { Outcome = FileOutcome.FileInvalid };
        var missing = await index.AddArtifacts(lease.Task, lease.Token, rows, time.GetUtcNow().ToUnixTimeMilliseconds());
        return new ArtifactAnswer { Outcome = missing.IsEmpty ? FileOutcome.FileOk : FileOutcome.FileUnknown };
    }

    /// <summary>
    /// Returns a result with the artifacts that were really named. If that is not what the worker says, the attempt fails, because a task
    /// that succeeded has all of them.
    /// </summary>
    internal async Task<AttemptResult> Confirm(AttemptResult claimed)
    {
        Inputs.Forget(claimed.Lease);
        held.TryRemove(claimed.Lease, out _);
        if (claimed.Artifacts is not { } artifacts)
            return claimed;
        var (count, bytes) = await index.CountArtifacts(claimed.Lease.Task, claimed.Lease.Token);
        if (count == artifacts.Count)
            return claimed with { Artifacts = new ArtifactTotals((int)count, bytes) };
        var output = claimed.Output ?? AttemptOutput.Empty;
        var text = $"The worker reported {artifacts.Count} artifacts, and {count} are stored.";
        return claimed with
        {
            Reason = claimed is { Reason: EndReason.Exit, ExitCode: 0 } ? EndReason.FileUnavailable : claimed.Reason,
            Artifacts = new ArtifactTotals((int)count, bytes),
            Output = output with { Tail = (byte[])[.. output.Tail.Span, .. output.Tail.IsEmpty ? ""u8 : "\n"u8, .. System.Text.Encoding.UTF8.GetBytes(text)] },
        };
    }

    private async Task<StoreAnswer> Take(IAsyncEnumerator<StoreBlock> blocks, FileName name, long size)
    {
        await using var upload = await depot.Begin();
        do
        {
            if (upload.Bytes + blocks.Current.Data.Length > size)
                return new StoreAnswer { Outcome = FileOutcome.FileInvalid };
            if (!blocks.Current.Data.IsEmpty)
                await upload.Write(blocks.Current.Data.Memory);
        }
        while (await blocks.MoveNextAsync());
        if (upload.Seal().Name != name)
            return new StoreAnswer { Outcome = FileOutcome.FileWrongHash };
        var stored = await depot.Store([upload]);
        return new StoreAnswer { WasThere = stored[0].WasThere };
    }

    // The store is the authority: an attempt is stored, with its token, before any worker receives it.
    private async ValueTask<bool> Holds(LeaseRef lease)
    {
        if (held.TryGetValue(lease, out var asked) && time.GetElapsedTime(asked) < AnswerCounts)
            return true;
        asked = time.GetTimestamp();
        if (await tasks.FindOutput(lease.Task, lease.Attempt) is not { Ended: false } found || found.Token != lease.Token)
            return false;
        if (held.Count >= MostHeld)
            held.Clear();
        held[lease] = asked;
        return true;
    }

    private static FileName[] NamesOf(ByteString bytes, int most)
    {
        if (bytes.Length % FileName.Size != 0 || bytes.Length > most * FileName.Size)
            throw new ArgumentException($"Names have {FileName.Size} bytes each, and at most {most} can be asked for.");
        var names = new FileName[bytes.Length / FileName.Size];
        for (var i = 0; i < names.Length; i++)
            names[i] = FileName.Read(bytes.Span[(i * FileName.Size)..]);
        return names;
    }

    private static FileName NameOf(ByteString bytes) => bytes.Length == FileName.Size
        ? FileName.Read(bytes.Span)
        : throw new ArgumentException($"The name of a file has {FileName.Size} bytes.");
}
