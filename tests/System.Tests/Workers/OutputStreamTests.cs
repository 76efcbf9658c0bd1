using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.System.Tests.Durability;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Silo;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Output of which several messages are on their way, and what happens between them.</summary>
public sealed class OutputStreamTests(OutputStreamTests.Scene scene)
    : SceneTests(scene), IClassFixture<OutputStreamTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectionsAreCut_OutputIsStoredOnceAndWhole()
    {
        await using var proxy = new FreezingProxy(Service.Grpc) { CutsAfter = 7_000_000, Cuts = 4 };
        await using var worker = await WorkerProcess.Start([proxy.Address], "cut", In("cut"));
        const int last = 6_000_000;

        var ended = await Service.Ended(await Submit(Service, $"seq 1 {last}", 64 << 20));

        Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
        // A heartbeat that comes late on a busy machine drops a connection of its own.
        Assert.InRange(proxy.Accepted, 5, int.MaxValue);
        await using var output = await Service.Http.GetStreamAsync($"/api/v1/tasks/{ended["id"]}/output/stdout", Cancellation);
        using var lines = new StreamReader(output);
        var expected = 0;
        while (await lines.ReadLineAsync(Cancellation) is { } line)
            if (line != $"{++expected}")
                Assert.Fail($"After {expected - 1} comes '{line}'.");
        Assert.Equal(last, expected);
    }

    [Fact]
    public async Task Limit_IsKeptToTheByteOverSeveralMessages()
    {
        await using var worker = await WorkerProcess.Start(Service, "limited", In("limited"));
        const int limit = 5_000_001;

        var ended = await Service.Ended(await Submit(Service, "head -c 9000000 /dev/zero", limit));

        Assert.Equal(("succeeded", limit), ((string?)ended["state"], (int)ended["output"]!["stdoutBytes"]!));
        Assert.Equal(limit, (await Service.Http.GetByteArrayAsync($"/api/v1/tasks/{ended["id"]}/output/stdout", Cancellation)).Length);
    }

    [Fact]
    public async Task MessagesOfOneStream_AreAnsweredInTheirOrderUpToTheEndOfTheSession()
    {
        using var connection = Connect();
        await using var node = await Begin(connection, "ordered");

        var answers = await connection.WriteAll(
            node.Output(0, "one "), node.Output(4, "bad ", node.Session + 1), node.Output(4, "two "),
            node.Output(8, "three"));

        Assert.Equal([true, false, true, true], answers.Select(static answer => answer.Stored));
        Assert.Equal("one two three", await Output(node));
    }

    [Fact]
    public async Task MessageThatMakesNoSense_EndsTheStreamAndNothingAfterItIsStored()
    {
        using var connection = Connect();
        await using var node = await Begin(connection, "senseless");
        var wrong = node.Output(3, "no");
        wrong.Chunks[0].Stream = 4;

        var failure = await Assert.ThrowsAsync<RpcException>(() => connection.WriteAll(
            node.Output(0, "yes"), wrong, node.Output(3, "never")));

        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Equal("yes", await Output(node));
        Assert.True((await connection.Write(node.Output(3, " again"))).Stored);
        Assert.Equal("yes again", await Output(node));
    }

    [Fact]
    [Trait("Needs", "mounts")]
    public async Task DiskFillsInTheMiddle_OutputGoesOnWhenThereIsRoomAndIsWhole()
    {
        using var disk = SmallDisk.TryMount(In("disk"), megabytes: 96);
        Assert.SkipWhen(disk is null, "mounting a tmpfs is not allowed here");
        await using var service = await Service.Start(Path.Combine(disk.Path, "data"), "--slots", "0");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"));
        var filler = disk.FillUntil(16L << 20);
        var id = await Submit(service, $"seq 1 5000000 | tee {In("copy")}", 64 << 20);
        await Until.Holds("the worker says that it cannot be stored", Patience,
            () => Task.FromResult(worker.Log.Contains("Could not send output", StringComparison.Ordinal)));

        File.Delete(filler);

        var ended = await service.Ended(id);
        Assert.Equal("succeeded", (string?)ended["state"]);
        var stored = await service.Http.GetByteArrayAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation);
        var written = await File.ReadAllBytesAsync(In("copy"), Cancellation);
        Assert.True(stored.AsSpan().SequenceEqual(written));
    }

    private static async Task<string> Submit(Service service, string command, int limit)
    {
        using var posted = await service.Post("/api/v1/tasks", new JsonObject { ["cmd"] = command, ["maxOutputBytes"] = limit });
        return posted.EnsureSuccessStatusCode().Headers.Location!.ToString().Split('/')[^1];
    }

    private MasterConnection Connect() => new(new MasterChannelOptions { Address = new Uri($"http://{Service.Grpc}") });

    private async Task<HeldTask> Begin(MasterConnection connection, string node)
    {
        var session = (await connection.ReportStatus(
            new StatusReport { NodeId = node, Registration = new Registration { Instance = "one", Slots = 1 } },
            Cancellation)).Session;
        var id = await Service.Submit("true");
        await using var commands = connection
            .AssignTask(new AssignRequest { NodeId = node, Session = session }, Cancellation)
            .GetAsyncEnumerator(Cancellation);
        Assert.True(await commands.MoveNextAsync().AsTask().WaitAsync(Patience, Cancellation));
        return new(connection, node, session, id, Assert.Single(commands.Current.Start).Lease);
    }

    private Task<string> Output(HeldTask task) =>
        Service.Http.GetStringAsync($"/api/v1/tasks/{task.Id}/output/stdout", Cancellation);

    /// <summary>
    /// A task that the test holds in place of a worker. Its node says goodbye at the end, so it gets no task of another
    /// test.
    /// </summary>
    private sealed record HeldTask(MasterConnection Connection, string Node, long Session, string Id, Lease Lease)
        : IAsyncDisposable
    {
        public OutputChunks Output(long offset, string text, long? session = null) => new()
        {
            NodeId = Node,
            Session = session ?? Session,
            Chunks =
            {
                new OutputChunk
                {
                    Lease = Lease, Stream = 1, Offset = offset, Data = ByteString.CopyFrom(text, Encoding.UTF8),
                },
            },
        };

        public async ValueTask DisposeAsync() => await Connection.ReportStatus(
            new StatusReport { NodeId = Node, Session = Session, Goodbye = true }, CancellationToken.None);
    }

    // No attempt is to be lost here, whether heartbeats are late, behind much output on a busy machine, or nobody sends
    // any.
    public sealed class Scene() : ServiceScene("--lease", "120s");
}
