using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>A service with files in memory, which a test can make fail.</summary>
internal sealed class FakePlane : IFilePlane
{
    internal const int Block = 1_000;

    private readonly ConcurrentDictionary<FileName, byte[]> files = new();
    private int fetches;
    private int batches;
    private long sent;

    internal int Fetches => Volatile.Read(ref fetches);

    /// <summary>The number of calls that fetch several files.</summary>
    internal int Batches => Volatile.Read(ref batches);

    /// <summary>The bytes of files that were sent one by one.</summary>
    internal long Sent => Interlocked.Read(ref sent);

    /// <summary>Whether this is an older service, which sends a file to its end.</summary>
    internal bool IgnoresCount { get; set; }

    internal ConcurrentQueue<long> Offsets { get; } = new();

    internal ConcurrentQueue<FileName> Stored { get; } = new();

    internal List<CollectedFile> Named { get; } = [];

    /// <summary>Called before each block with the file's name and the block's offset.</summary>
    internal Func<FileName, long, CancellationToken, Task>? BeforeBlock { get; set; }

    /// <summary>Called before each other call.</summary>
    internal Func<string, CancellationToken, Task>? BeforeCall { get; set; }

    /// <summary>Changes what is sent of a block.</summary>
    internal Func<long, byte[], byte[]>? Change { get; set; }

    internal static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal FileName Add(byte[] content)
    {
        var name = FileName.Of(content);
        files[name] = content;
        return name;
    }

    internal byte[] this[FileName name] => files[name];

    internal bool Has(FileName name) => files.ContainsKey(name);

    /// <summary>Fetches from this service; its waits are of no time.</summary>
    internal FileFetch Fetcher(TimeProvider time, TimeSpan? silence = null) => new(
        this, time, static () => new Backoff(TimeSpan.Zero, TimeSpan.Zero, new Random(1)), silence ?? TimeSpan.FromMinutes(2));

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Fetch(
        FileName name, long offset, long count, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Interlocked.Increment(ref fetches);
        Offsets.Enqueue(offset);
        if (!files.TryGetValue(name, out var content))
            throw new FilePlaneException($"{name} is not in the service");
        var end = count > 0 && !IgnoresCount ? Math.Min(content.Length, offset + count) : content.Length;
        for (var at = offset; at < end; at += Block)
        {
            if (BeforeBlock is not null)
                await BeforeBlock(name, at, cancellation);
            var block = content[(int)at..(int)Math.Min(end, at + Block)];
            Interlocked.Add(ref sent, block.Length);
            yield return Change is null ? block : Change(at, block);
        }
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FetchMany(
        IReadOnlyList<FileName> names, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Interlocked.Increment(ref batches);
        if (BeforeCall is not null)
            await BeforeCall("fetch-many", cancellation);
        var all = new List<byte>();
        foreach (var name in names)
        {
            if (!files.TryGetValue(name, out var content))
                break;
            all.AddRange(content);
        }

        for (var at = 0; at < all.Count; at += Block)
        {
            if (BeforeBlock is not null)
                await BeforeBlock(default, at, cancellation);
            byte[] block = [.. all[at..Math.Min(all.Count, at + Block)]];
            yield return Change is null ? block : Change(at, block);
        }
    }

    public async Task<IReadOnlyCollection<FileName>> Missing(IReadOnlyList<FileName> names, CancellationToken cancellation)
    {
        await Before("missing", cancellation);
        return [.. names.Where(name => !files.ContainsKey(name))];
    }

    public async Task Store(FileName name, long size, Func<long, Memory<byte>, int> content, CancellationToken cancellation)
    {
        await Before("store", cancellation);
        var bytes = new byte[size];
        for (var at = 0; at < size;)
        {
            var count = content(at, bytes.AsMemory(at));
            Assert.NotEqual(0, count);
            at += count;
        }

        Assert.Equal(name, FileName.Of(bytes));
        files[name] = bytes;
        Stored.Enqueue(name);
    }

    public async Task NameArtifacts(IReadOnlyList<CollectedFile> page, CancellationToken cancellation)
    {
        await Before("name", cancellation);
        lock (Named)
            Named.AddRange(page);
    }

    private Task Before(string call, CancellationToken cancellation) => BeforeCall?.Invoke(call, cancellation) ?? Task.CompletedTask;
}
