using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Files between a worker and a service, over a real connection.</summary>
public sealed class FileCallTests
{
    private const int Block = 256 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_BlocksOfALargeFile_ArriveInOrder()
    {
        await using var rig = await EndpointRig.Started();
        rig.Fetch = static (request, _) => Blocks(request.Offset, 200).ToAsyncEnumerable();
        using var worker = rig.Connect();

        var number = 7L;
        await foreach (var block in worker.FetchFile(new FetchRequest { NodeId = "w", Offset = 7 }, Cancellation))
        {
            Assert.Equal(BitConverter.GetBytes(number++), block.Data.Span[..8].ToArray());
            Assert.Equal(Block, block.Data.Length);
        }

        Assert.Equal(207, number);
    }

    [Fact]
    public async Task FetchFiles_NamesAndBlocks_Arrive()
    {
        await using var rig = await EndpointRig.Started();
        rig.FetchMany = static (request, _) => Blocks(request.Names.Length, 5).ToAsyncEnumerable();
        using var worker = rig.Connect();
        var request = new FetchFilesRequest { NodeId = "w", Names = ByteString.CopyFrom(new byte[64]) };

        var blocks = await worker.FetchFiles(request, Cancellation).Select(static block => block.Clone()).ToListAsync(Cancellation);

        Assert.Equal(Blocks(64, 5), blocks);
    }

    [Fact]
    public async Task Fetch_WorkerDoesNotRead_ServiceStopsSending()
    {
        await using var rig = await EndpointRig.Started();
        var (sent, over) = (0, new TaskCompletionSource());
        async IAsyncEnumerable<FetchBlock> Endless([EnumeratorCancellation] CancellationToken cancellation)
        {
            try
            {
                foreach (var block in Blocks(0, 4_000))
                {
                    cancellation.ThrowIfCancellationRequested();
                    Interlocked.Increment(ref sent);
                    yield return block;
                }
            }
            finally
            {
                over.SetResult();
            }
        }

        rig.Fetch = (_, cancellation) => Endless(cancellation);
        using var worker = rig.Connect();
        await using (var blocks = worker.FetchFile(new FetchRequest { NodeId = "w" }, Cancellation).GetAsyncEnumerator(Cancellation))
        {
            Assert.True(await blocks.MoveNextAsync());
            // Other calls of the same worker go on meanwhile.
            for (var i = 0; i < 20; i++)
                await worker.ReportStatus(new StatusReport { NodeId = "w", Session = 1 }, Cancellation);
        }

        await over.Task;
        // 4,000 blocks are 1 GiB.
        Assert.InRange(Volatile.Read(ref sent), 1, 400);
    }

    [Fact]
    public async Task Store_AllBlocks_AreReceivedAndAnswered()
    {
        await using var rig = await EndpointRig.Started();
        rig.Store = static async (blocks, cancellation) =>
        {
            var (first, bytes) = (default(StoreBlock), 0L);
            await foreach (var block in blocks.WithCancellation(cancellation))
            {
                first ??= block;
                bytes += block.Data.Length;
            }

            return new StoreAnswer { WasThere = first!.NodeId == "w" && bytes == 100L * Block };
        };
        using var worker = rig.Connect();

        Assert.True((await worker.StoreFile(Upload(100), Cancellation)).WasThere);
    }

    [Fact]
    public async Task Store_AnswerComesEarly_EndsTheUpload()
    {
        await using var rig = await EndpointRig.Started();
        rig.Store = static async (blocks, cancellation) =>
        {
            await using var reader = blocks.GetAsyncEnumerator(cancellation);
            await reader.MoveNextAsync();
            return new StoreAnswer { WasThere = true };
        };
        using var worker = rig.Connect();
        var sent = 0;
        var answer = await worker.StoreFile(Upload(int.MaxValue, () => sent++), Cancellation);

        Assert.True(answer.WasThere);
        var after = sent;
        Assert.True((await worker.StoreFile(Upload(1), Cancellation)).WasThere);
        Assert.Equal(after, sent);
    }

    [Fact]
    public async Task Store_SourceFails_IsWhatTheCallThrows()
    {
        await using var rig = await EndpointRig.Started();
        rig.Store = static async (blocks, cancellation) =>
        {
            await foreach (var _ in blocks.WithCancellation(cancellation))
            {
            }

            return new StoreAnswer();
        };
        using var worker = rig.Connect();

        var failure = await Assert.ThrowsAsync<IOException>(
            () => worker.StoreFile(Upload(10, static () => throw new IOException("gone")), Cancellation));

        Assert.Equal("gone", failure.Message);
    }

    [Fact]
    public async Task Questions_AreAnswered()
    {
        await using var rig = await EndpointRig.Started();
        rig.Missing = static request => new MissingAnswer { Missing = request.Names };
        rig.Name = static page => new ArtifactAnswer { Outcome = page.Artifacts.Count == 2 ? FileOutcome.FileOk : FileOutcome.FileInvalid };
        using var worker = rig.Connect();

        var names = ByteString.CopyFrom(new byte[10_000 * 32]);
        Assert.Equal(names, (await worker.MissingFiles(new MissingRequest { NodeId = "w", Names = names }, Cancellation)).Missing);
        var page = new ArtifactPage { NodeId = "w", Artifacts = { new Artifact { Path = "a" }, new Artifact { Path = "b" } } };
        Assert.Equal(FileOutcome.FileOk, (await worker.NameArtifacts(page, Cancellation)).Outcome);
    }

    [Fact]
    public async Task ServiceWithoutFiles_IsUnimplemented()
    {
        await using var rig = await EndpointRig.Started();
        using var worker = rig.Connect();

        async Task Fetch()
        {
            await foreach (var _ in worker.FetchFile(new FetchRequest { NodeId = "w" }, Cancellation))
            {
            }
        }

        async Task FetchMany() => await worker.FetchFiles(new FetchFilesRequest { NodeId = "w" }, Cancellation).ToListAsync(Cancellation);

        foreach (var call in (Func<Task>[])[Fetch, FetchMany, () => worker.StoreFile(Upload(1), Cancellation),
            () => worker.MissingFiles(new MissingRequest { NodeId = "w" }, Cancellation), () => worker.NameArtifacts(new ArtifactPage { NodeId = "w" }, Cancellation)])
            Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
    }

    private static IEnumerable<FetchBlock> Blocks(long from, int count)
    {
        for (var i = from; i < from + count; i++)
        {
            var bytes = new byte[Block];
            BitConverter.TryWriteBytes(bytes, i);
            yield return new FetchBlock { Data = UnsafeByteOperations.UnsafeWrap(bytes) };
        }
    }

    private static async IAsyncEnumerable<StoreBlock> Upload(int count, Action? each = null)
    {
        await Task.Yield();
        for (var i = 0; i < count; i++)
        {
            each?.Invoke();
            yield return new StoreBlock { NodeId = i == 0 ? "w" : "", Data = UnsafeByteOperations.UnsafeWrap(new byte[Block]) };
        }
    }
}
