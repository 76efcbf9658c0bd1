using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Fetches the inputs of attempts, and stores their artifacts.</summary>
/// <param name="work">The worker's cache and copies.</param>
/// <param name="time">The clock for waits.</param>
/// <param name="newBackoff">Creates the waits between tries.</param>
/// <param name="planeOf">Returns the files that an attempt may use.</param>
internal sealed class FileTransfers(FileWork work, TimeProvider time, Func<Backoff> newBackoff, Func<Lease, IFilePlane> planeOf)
{
    /// <summary>How long nothing may succeed until a transfer fails.</summary>
    internal static readonly TimeSpan Silence = TimeSpan.FromMinutes(2);

    /// <summary>More than any disk has, and still far from what a number can count.</summary>
    private const long LargestFile = 1L << 50;

    /// <summary>
    /// After this many tries in a row that get no further than an earlier one, sending a part of a file no longer
    /// counts as progress.
    /// </summary>
    internal const int MostInVain = 5;

    private const int AtOnce = 4;
    /// <summary>Files up to this size are fetched together.</summary>
    private const int SmallFile = 64 * 1024;

    private const int SmallBytes = 4 * 1024 * 1024;
    private const int SmallFiles = 1_000;
    private const int MissingPage = 10_000;
    private const int NamesPage = 1_000;

    /// <summary>Whether the worker's cache is open, so that an attempt without inputs need not wait.</summary>
    internal bool IsReady => work.Cache.IsCompletedSuccessfully;

    /// <summary>
    /// Returns a file for a chunk, which disposes it: from the cache if the file is there, or if the chunk needs the whole file;
    /// otherwise as <see cref="FetchedParts"/>, of which there are none yet.
    /// </summary>
    /// <exception cref="FilePlaneException">The file cannot be fetched.</exception>
    internal async Task<SourceBytes> OpenAsync(Lease lease, FileName name, long size, bool isWhole, CancellationToken cancellation)
    {
        var cache = await work.Cache.OrCancelledAsync(cancellation);
        var fetch = new FileFetch(planeOf(lease), time, newBackoff, Silence);
        if (!isWhole && !cache.Has(name))
            return new FetchedParts(name, size, fetch);
        // An open file stays readable when the cache removes it.
        using var cached = await cache.TakeAsync(name, size, fetch, cancellation);
        return SourceBytes.Of(File.OpenHandle(cached.Path));
    }

    /// <summary>Fetches the inputs of an attempt.</summary>
    /// <exception cref="FilePlaneException">A file cannot be had, or the request is invalid.</exception>
    internal async Task<AttemptFiles> PrepareAsync(Start start, CancellationToken cancellation)
    {
        var inputs = start.Files.Inputs.Select(ToInput).ToArray();
        var cache = await work.Cache.OrCancelledAsync(cancellation);
        var taken = new CachedFile?[inputs.Length];
        try
        {
            var fetch = new FileFetch(planeOf(start.Lease), time, newBackoff, Silence);
            var batches = SmallBatches(inputs);
            await AllAsync(
                batches.Count, (i, c) => TakeTogetherAsync(cache, fetch, inputs, batches[i], taken, c), cancellation);
            await AllAsync(
                inputs.Length,
                async (i, c) => taken[i] ??= await cache.TakeAsync(inputs[i].Name, inputs[i].Size, fetch, c), cancellation);
            return With(start, [.. inputs.Zip(taken, static (input, file) => (input, file!))]);
        }
        catch
        {
            foreach (var file in taken)
                file?.Dispose();
            throw;
        }
    }

    /// <summary>Returns the files of an attempt that needs no inputs any more.</summary>
    /// <exception cref="FilePlaneException">A pattern is invalid.</exception>
    internal AttemptFiles WithoutInputs(Start start) => With(start, []);

    /// <summary>Stores artifacts and names them.</summary>
    /// <exception cref="FilePlaneException">They cannot be stored.</exception>
    internal async Task StoreAsync(Lease lease, CollectedArtifacts artifacts, CancellationToken cancellation)
    {
        var plane = planeOf(lease);
        var distinct = artifacts.Files.DistinctBy(static file => file.Name).ToArray();
        var missing = new HashSet<FileName>();
        foreach (var page in distinct.Chunk(MissingPage))
        {
            FileName[] names = [.. page.Select(static file => file.Name)];
            missing.UnionWith(await TryAsync(c => plane.Missing(names, c), cancellation));
        }

        CollectedFile[] left = [.. distinct.Where(file => missing.Contains(file.Name))];
        await AllAsync(
            left.Length,
            async (i, c) =>
            {
                var sent = new SentBytes();
                await TryAsync(
                    async t =>
                    {
                        await plane.Store(left[i].Name, left[i].Size, Read, t);
                        return true;
                    }, c, sent.EndTry);

                int Read(long offset, Memory<byte> buffer)
                {
                    sent.Note(offset);
                    return artifacts.Read(left[i], offset, buffer);
                }
            },
            cancellation);
        foreach (var page in artifacts.Files.Chunk(NamesPage))
        {
            await TryAsync(
                async c =>
                {
                    await plane.NameArtifacts(page, c);
                    return true;
                }, cancellation);
        }
    }

    /// <summary>Returns the numbers of small inputs, in groups of which each can be fetched with one call.</summary>
    private static List<int[]> SmallBatches(WorkerInput[] inputs)
    {
        var (batches, batch, bytes) = (new List<int[]>(), new List<int>(), 0L);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].Size > SmallFile)
                continue;
            if (batch.Count == SmallFiles || bytes + inputs[i].Size > SmallBytes)
                Close();
            batch.Add(i);
            bytes += inputs[i].Size;
        }

        Close();
        return batches;

        void Close()
        {
            if (batch.Count > 1)
                batches.Add([.. batch]);
            (bytes, batch) = (0, []);
        }
    }

    private static async Task TakeTogetherAsync(
        FileCache cache, FileFetch fetch, WorkerInput[] inputs, int[] batch, CachedFile?[] taken,
        CancellationToken cancellation)
    {
        var together = await cache.TakeTogetherAsync(
            [.. batch.Select(i => (inputs[i].Name, (int)inputs[i].Size))], fetch, cancellation);
        for (var i = 0; i < batch.Length; i++)
            taken[batch[i]] = together[i];
    }

    private AttemptFiles With(Start start, IReadOnlyList<(WorkerInput Input, CachedFile File)> inputs) =>
        new(
            inputs, [.. start.Files.Artifacts.Select(ToRule)], start.Files.MaxArtifactBytes, work.Copies, work.MakeRoom);

    private static WorkerInput ToInput(TaskInput input) => input.Name.Length == FileName.Size && input.Size is >= 0 and <= LargestFile
        ? new WorkerInput(input.Path, FileName.Read(input.Name.Span), input.Size, input.Executable)
        : throw new FilePlaneException($"the input '{input.Path}' has no valid name or size");

    private static ArtifactRule ToRule(ArtifactPattern pattern) => new(
        PathPattern.Parse(pattern.Pattern, out var fault) ?? throw new FilePlaneException($"the artifact pattern '{pattern.Pattern}' {fault}"),
        pattern.Optional, pattern.OnEnded);

    /// <summary>Runs numbered pieces of work, some at a time. After the first failure begins no more, ends those that run, and throws it.</summary>
    private static async Task AllAsync(int count, Func<int, CancellationToken, Task> work, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? first = null;
        var next = -1;
        async Task Run()
        {
            while (Interlocked.Increment(ref next) is var i && i < count && !over.IsCancellationRequested)
            {
                try
                {
                    await work(i, over.Token);
                }
                catch (Exception failure)
                {
                    Interlocked.CompareExchange(ref first, failure, null);
                    over.Cancel();
                    throw;
                }
            }
        }

        try
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, count)).Select(_ => Run()));
        }
        catch (Exception) when (first is not null && !cancellation.IsCancellationRequested)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Repeats a call that fails, until it has failed for too long without progress.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellation">Ends the calls.</param>
    /// <param name="hasProgressed">
    /// Returns whether the call that has just failed made progress; null if a failed call never does.
    /// </param>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, the transfer goes on while its lease does.")]
    private async Task<T> TryAsync<T>(
        Func<CancellationToken, Task<T>> call, CancellationToken cancellation, Func<bool>? hasProgressed = null)
    {
        var backoff = newBackoff();
        long? failing = null;
        while (true)
        {
            try
            {
                return await call(cancellation);
            }
            catch (Exception failure) when (failure is not FilePlaneException && !cancellation.IsCancellationRequested)
            {
                if (hasProgressed?.Invoke() == true)
                {
                    failing = null;
                    backoff.Reset();
                }

                failing ??= time.GetTimestamp();
                if (time.GetElapsedTime(failing.Value) >= Silence)
                    throw new FilePlaneException($"the artifacts could not be stored for {Silence.TotalSeconds} s: {failure.Message}", failure);
            }

            await Task.Delay(backoff.Next(), time, cancellation);
        }
    }

    /// <summary>
    /// How far the tries to store a file have got. Each try starts at the first byte, so the service may have to
    /// receive bytes again before a try gets further than an earlier one.
    /// </summary>
    private sealed class SentBytes
    {
        private long sent;
        private long furthest;
        private int inVain;

        /// <summary>Records that the bytes before an offset were sent.</summary>
        internal void Note(long offset) => sent = Math.Max(sent, offset);

        /// <summary>
        /// Ends a try. Returns whether it made progress: it sent something, and it or one of the few tries before it
        /// got further than all earlier ones. If every try fails at the same byte, the transfer therefore ends.
        /// </summary>
        internal bool EndTry()
        {
            var now = sent;
            sent = 0;
            inVain = now > furthest ? 0 : inVain + 1;
            furthest = Math.Max(furthest, now);
            return now > 0 && inVain < MostInVain;
        }
    }
}
