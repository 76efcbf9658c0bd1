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
public sealed class OutputStreamTests : DataFolders
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    // No attempt is to be lost here, whether heartbeats are late, behind much output on a busy machine, or nobody sends any.
    private const string Lease = "120s";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectionsAreCut_OutputIsStoredOnceAndWhole()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", Lease);
        await using var proxy = new FreezingProxy(service.Grpc) { CutsAfter = 7_000_000, Cuts = 4 };
        await using var worker = await WorkerProcess.Start([proxy.Address], "w1", In("w1"));
        const int last = 6_000_000;

        var ended = await service.Ended(await Submit(service, $"seq 1 {last}", 64 << 20));

        Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
        // A heartbeat that comes late on a busy machine drops a connection of its own.
        Assert.InRange(proxy.Accepted, 5, int.MaxValue);
        await using var output = await service.Http.GetStreamAsync($"/api/v1/tasks/{ended["id"]}/output/stdout", Cancellation);
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
        await using var service = await Service.Start(Data, "--slots", "0");
        await using var worker = await WorkerProcess.Start(service, "w1", In("w1"));
        const int limit = 5_000_001;

        var ended = await service.Ended(await Submit(service, "head -c 9000000 /dev/zero", limit));

        Assert.Equal(("succeeded", limit), ((string?)ended["state"], (int)ended["output"]!["stdoutBytes"]!));
        Assert.Equal(limit, (await service.Http.GetByteArrayAsync($"/api/v1/tasks/{ended["id"]}/output/stdout", Cancellation)).Length);
    }

    [Fact]
    public async Task MessagesOfOneStream_AreAnsweredInTheirOrderUpToTheEndOfTheSession()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", Lease);
        using var connection = new MasterConnection(new MasterChannelOptions { Address = new Uri($"http://{service.Grpc}") });
        var (id, lease, session) = await Begun(service, connection);

        var answers = await connection.WriteAll(
            Output(session, lease, 0, "one "), Output(session + 1, lease, 4, "bad "), Output(session, lease, 4, "two "),
            Output(session, lease, 8, "three"));

        Assert.Equal([true, false, true, true], answers.Select(static answer => answer.Stored));
        Assert.Equal("one two three", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
    }

    [Fact]
    public async Task MessageThatMakesNoSense_EndsTheStreamAndNothingAfterItIsStored()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--lease", Lease);
        using var connection = new MasterConnection(new MasterChannelOptions { Address = new Uri($"http://{service.Grpc}") });
        var (id, lease, session) = await Begun(service, connection);
        var wrong = Output(session, lease, 3, "no");
        wrong.Chunks[0].Stream = 4;

        var failure = await Assert.ThrowsAsync<RpcException>(() => connection.WriteAll(
            Output(session, lease, 0, "yes"), wrong, Output(session, lease, 3, "never")));

        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Equal("yes", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
        Assert.True((await connection.Write(Output(session, lease, 3, " again"))).Stored);
        Assert.Equal("yes again", await service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
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

    private static async Task<(string Id, Lease Lease, long Session)> Begun(Service service, MasterConnection connection)
    {
        var session = (await connection.ReportStatus(
            new StatusReport { NodeId = "w1", Registration = new Registration { Instance = "one", Slots = 1 } }, Cancellation)).Session;
        var id = await service.Submit("true");
        await using var commands = connection.AssignTask(new AssignRequest { NodeId = "w1", Session = session }, Cancellation)
            .GetAsyncEnumerator(Cancellation);
        Assert.True(await commands.MoveNextAsync().AsTask().WaitAsync(Patience, Cancellation));
        return (id, Assert.Single(commands.Current.Start).Lease, session);
    }

    private static OutputChunks Output(long session, Lease lease, long offset, string text) => new()
    {
        NodeId = "w1",
        Session = session,
        Chunks = { new OutputChunk { Lease = lease, Stream = 1, Offset = offset, Data = ByteString.CopyFrom(text, Encoding.UTF8) } },
    };
}
