using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Silo;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>Masters that die or fall silent, and connections that have been overtaken.</summary>
public sealed class MasterTests(MasterTests.Scene scene) : SceneTests(scene), IClassFixture<MasterTests.Scene>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The lease is longer here. With one of 40 s, a worker would end what runs two seconds before that.
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(38);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MasterDies_TheNextOneGetsTheWorker()
    {
        await using var first = await Service.Start(In("first"), "--slots", "0");
        await using var worker = await WorkerProcess.Start([first.Grpc, Service.Grpc], "passed", In("passed"));
        Assert.Equal("passed", (string?)(await first.Ended(await first.Submit("true")))["node"]);

        await first.KillAll();

        Assert.Equal("passed", (string?)(await Service.Ended(await Service.Submit("true")))["node"]);
    }

    [Fact]
    public async Task ConnectionFallsSilent_AnotherIsMadeInTimeForWhatRuns()
    {
        await using var proxy = new FreezingProxy(Service.Grpc);
        await using var worker = await WorkerProcess.Start([proxy.Address], "silent", In("silent"));
        var id = await Service.Submit(
            $"echo > {In("running")}; while [ ! -e {In("go")} ]; do sleep 0.2; done; echo $TASK_ATTEMPT");
        await Until.Holds("the task runs", Patience, () => Task.FromResult(File.Exists(In("running"))));

        // There may have been more than one: a heartbeat that comes late on a busy machine drops a connection of its own.
        var connections = proxy.Freeze();
        var before = await LastReportAt("silent");

        await Until.Holds("another connection carries heartbeats", InTime, async () =>
            proxy.Accepted > connections && string.CompareOrdinal(await LastReportAt("silent"), before) > 0);
        await File.WriteAllTextAsync(In("go"), "", Cancellation);
        var ended = await Service.Ended(id);
        Assert.Equal(
            ("succeeded", 1, "1\n"),
            ((string?)ended["state"], (int)ended["attempt"]!, (string?)ended["output"]!["tail"]));
        Assert.Equal("succeeded", (string?)(await Service.Ended(await Service.Submit("true")))["state"]);
    }

    [Fact]
    public async Task OldConnectionOfTheSameNode_ChangesNothing()
    {
        using var old = Connect();
        using var recent = Connect();
        var oldSession = (await old.ReportStatus(Registration(), Cancellation)).Session;
        await using var commands = old.AssignTask(new AssignRequest { NodeId = "w1", Session = oldSession }, Cancellation)
            .GetAsyncEnumerator(Cancellation);
        var id = await Service.Submit("true");
        Assert.True(await commands.MoveNextAsync().AsTask().WaitAsync(Patience));
        var lease = Assert.Single(commands.Current.Start).Lease;

        var session = (await recent.ReportStatus(Registration(lease), Cancellation)).Session;
        Assert.True(session > oldSession);

        Assert.False(await commands.MoveNextAsync().AsTask().WaitAsync(Patience));
        Assert.Equal(StatusAnswer.Types.Outcome.SessionOver,
            (await old.ReportStatus(new StatusReport { NodeId = "w1", Session = oldSession, Held = { lease } }, Cancellation)).Outcome);
        Assert.False((await old.Report(Failed(oldSession, lease), Cancellation)).Settled);
        Assert.False((await old.Write(Output(oldSession, lease, "old"))).Stored);
        await old.ReportStatus(new StatusReport { NodeId = "w1", Session = oldSession, Goodbye = true }, Cancellation);

        Assert.True((await recent.Write(Output(session, lease, "new"))).Stored);
        Assert.True((await recent.Report(Succeeded(session, lease), Cancellation)).Settled);
        var ended = await Service.Ended(id);
        Assert.Equal(("succeeded", 1), ((string?)ended["state"], (int)ended["attempt"]!));
        Assert.Equal("new", await Service.Http.GetStringAsync($"/api/v1/tasks/{id}/output/stdout", Cancellation));
    }

    [Fact]
    public async Task OtherVersion_IsRefusedWithBothVersions()
    {
        using var connection = Connect("2");

        var failure = await Assert.ThrowsAsync<RpcException>(() => connection.ReportStatus(Registration(), Cancellation));

        Assert.Equal(StatusCode.FailedPrecondition, failure.StatusCode);
        Assert.Contains("'2'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("")]
    public async Task NodeIdThatIsNone_IsInvalid(string node)
    {
        using var connection = Connect();
        var report = Registration();
        report.NodeId = node;
        var failure = await Assert.ThrowsAsync<RpcException>(() => connection.ReportStatus(report, Cancellation));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
    }

    private MasterConnection Connect(string version = NodeServiceMethods.Version) => new(new MasterChannelOptions
    {
        Address = new Uri($"http://{Service.Grpc}"), Version = version,
    });

    private static StatusReport Registration(params Lease[] held)
    {
        var report = new StatusReport { NodeId = "w1", Registration = new Registration { Instance = "one", Slots = 1 } };
        report.Held.AddRange(held);
        return report;
    }

    private static Progress Succeeded(long session, Lease lease) => new()
    {
        NodeId = "w1",
        Session = session,
        Results = { new Result { Lease = lease, Reason = Result.Types.Reason.Exit, ExitCode = 0, StdoutBytes = 3 } },
    };

    private static Progress Failed(long session, Lease lease)
    {
        var progress = Succeeded(session, lease);
        progress.Results[0].ExitCode = 1;
        return progress;
    }

    private static OutputChunks Output(long session, Lease lease, string text) => new()
    {
        NodeId = "w1",
        Session = session,
        Chunks = { new OutputChunk { Lease = lease, Stream = 1, Data = ByteString.CopyFromUtf8(text) } },
    };

    private async Task<string?> LastReportAt(string node)
    {
        var shown = JsonNode.Parse(await Service.Http.GetStringAsync($"/api/v1/nodes/{node}", Cancellation))!;
        return (string?)shown["lastReportAt"];
    }

    /// <summary>Some nodes here send no heartbeats: the lease is longer than the tests.</summary>
    public sealed class Scene() : ServiceScene("--lease", "120s");
}
