using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>The files of a master, in memory, as the worker plane has them.</summary>
internal sealed class ScriptedFiles
{
    private const int Block = 10_000;
    private readonly ConcurrentDictionary<FileName, byte[]> files = new();
    private readonly ConcurrentQueue<Artifact> named = new();
    private int calls;

    /// <summary>Called before each call is answered, and before each block of a fetch or a store.</summary>
    internal Func<string, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Returns how a call goes, if it does not go well.</summary>
    internal Func<string, FileOutcome> Outcome { get; set; } = static _ => FileOutcome.FileOk;

    internal int Fetches { get; private set; }

    internal int Stores { get; private set; }

    /// <summary>The number of calls in progress.</summary>
    internal int InProgress => Volatile.Read(ref calls);

    internal Artifact[] Named => [.. named];

    /// <summary>The leases of all calls.</summary>
    internal ConcurrentDictionary<Lease, bool> Leases { get; } = new();

    internal TaskInput Add(string path, byte[] content, bool isExecutable = false)
    {
        var name = FileName.Of(content);
        files[name] = content;
        return new TaskInput { Path = path, Name = ByteString.CopyFrom(name.ToArray()), Size = content.Length, Executable = isExecutable };
    }

    internal byte[]? Find(ByteString name) => files.GetValueOrDefault(FileName.Read(name.Span));

    internal async IAsyncEnumerable<FetchBlock> Fetch(FetchRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Interlocked.Increment(ref calls);
        try
        {
            Fetches++;
            Leases[request.Lease] = true;
            if (Outcome("fetch") is var outcome and not FileOutcome.FileOk)
            {
                yield return new FetchBlock { Outcome = outcome };
                yield break;
            }

            if (Find(request.Name) is not { } content)
            {
                yield return new FetchBlock { Outcome = FileOutcome.FileUnknown };
                yield break;
            }

            var end = request.Count > 0 ? (int)Math.Min(content.Length, request.Offset + request.Count) : content.Length;
            for (var at = (int)request.Offset; at < end; at += Block)
            {
                await Before("fetch", cancellation);
                yield return new FetchBlock { Data = ByteString.CopyFrom(content, at, Math.Min(Block, end - at)) };
            }
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }

    internal async IAsyncEnumerable<FetchBlock> FetchMany(
        FetchFilesRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var name in request.Names.ToByteArray().Chunk(FileName.Size))
        {
            var one = new FetchRequest { Lease = request.Lease, Name = ByteString.CopyFrom(name) };
            await foreach (var block in Fetch(one, cancellation))
            {
                yield return block;
                if (block.Outcome != FileOutcome.FileOk)
                    yield break;
            }
        }
    }

    internal Task<MissingAnswer> Missing(MissingRequest request, CancellationToken cancellation) => Answer("missing", request.Lease, outcome =>
    {
        var missing = new List<byte>();
        foreach (var name in request.Names.ToByteArray().Chunk(FileName.Size))
            if (!files.ContainsKey(FileName.Read(name)))
                missing.AddRange(name);
        return new MissingAnswer { Outcome = outcome, Missing = ByteString.CopyFrom([.. missing]) };
    }, cancellation);

    internal async Task<StoreAnswer> Store(IAsyncEnumerable<StoreBlock> blocks, CancellationToken cancellation)
    {
        Interlocked.Increment(ref calls);
        try
        {
            Stores++;
            StoreBlock? first = null;
            var bytes = new MemoryStream();
            await foreach (var block in blocks.WithCancellation(cancellation))
            {
                await Before("store", cancellation);
                first ??= block;
                bytes.Write(block.Data.Span);
            }

            Leases[first!.Lease] = true;
            var outcome = Outcome("store");
            if (outcome == FileOutcome.FileOk)
                files[FileName.Of(bytes.ToArray())] = bytes.ToArray();
            return new StoreAnswer { Outcome = FileName.Of(bytes.ToArray()) == FileName.Read(first.Name.Span) ? outcome : FileOutcome.FileWrongHash };
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }

    internal Task<ArtifactAnswer> Name(ArtifactPage page, CancellationToken cancellation) => Answer("name", page.Lease, outcome =>
    {
        foreach (var artifact in page.Artifacts)
            if (outcome == FileOutcome.FileOk)
                named.Enqueue(artifact);
        return new ArtifactAnswer { Outcome = outcome };
    }, cancellation);

    private async Task<T> Answer<T>(string call, Lease lease, Func<FileOutcome, T> answer, CancellationToken cancellation)
    {
        Interlocked.Increment(ref calls);
        try
        {
            Leases[lease] = true;
            await Before(call, cancellation);
            return answer(Outcome(call));
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }
}
