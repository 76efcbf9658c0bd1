using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

public sealed class NodeServiceTests(NodeServiceTests.Scene scene)
    : IClassFixture<NodeServiceTests.Scene>, IAsyncDisposable
{
    private const string Name = "remote";
    private readonly OneProcess silo = scene.Silo;
    private readonly List<RemoteWorker> workers = [];

    /// <summary>
    /// The test's workers leave, so that no later test's tasks come to them, and what the test left open is cancelled.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var worker in workers)
        {
            if (worker.Session != 0)
                await worker.Master.ReportStatus(
                    new StatusReport { NodeId = Name, Session = worker.Session, Goodbye = true }, default);
            await worker.DisposeAsync();
        }

        foreach (var task in await silo.Store.List(TaskFilter.All, null, 1_000))
        {
            if (!task.State.IsFinal())
                await silo.Dispatcher.Cancel([task.Id]);
        }
    }

    [Fact]
    public async Task AssignTask_TaskSubmitted_CarriesAllThatTheWorkerNeeds()
    {
        var worker = await Worker().Ready();
        var next = worker.NextStart();
        var id = await silo.Submit(
            new()
            {
                ["argv"] = new[] { "/bin/echo", "hello" },
                ["env"] = new Dictionary<string, string> { ["A"] = "1" },
                ["cwd"] = "/tmp",
                ["stdin"] = "input",
                ["timeout"] = "90s",
                ["killGrace"] = "2s",
                ["maxOutputBytes"] = 7,
            },
            secrets: """{"B":"2"}""");

        var start = await next;

        Assert.Equal((id.ToString(), "default", 1, 16),
            (start.Lease.TaskId, start.Lease.Queue, start.Lease.Attempt, start.Lease.Token.Length));
        Assert.Equal(["/bin/echo", "hello"], start.Argv);
        Assert.Equal(("1", "2"), (start.Env["A"], start.Env["B"]));
        Assert.Equal(("test", "/tmp", "input"), (start.Name, start.Cwd, start.Stdin.ToStringUtf8()));
        Assert.Equal((90_000, 2_000, 7), (start.TimeoutMs, start.KillGraceMs, start.MaxOutputBytes));
        Assert.True(await worker.Tell(RemoteWorker.Succeeded(start.Lease, "hello\n")));
        Assert.Equal(TaskState.Succeeded, (await silo.Ended(id)).State);
        Assert.Equal("hello\n", await silo.Output(id));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10_001)]
    [InlineData(1 << 30)]
    public async Task Register_SlotsThatNoNodeHas_IsRefused(int slots)
    {
        var worker = Worker();

        await Assert.ThrowsAsync<ArgumentException>(() => worker.Register(slots: slots));
    }

    [Theory]
    [InlineData("$(touch${IFS}X)")]
    [InlineData("`touch`")]
    [InlineData("a;b")]
    [InlineData("a'b")]
    [InlineData("a\u202Eb")]
    [InlineData("é")]
    [InlineData("..")]
    public async Task Register_NameThatAShellOrATerminalCouldMistake_IsRefused(string name)
    {
        await using var worker = new RemoteWorker(silo, name);

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => worker.Register(slots: 1));
        Assert.Contains("A-Z, a-z, 0-9", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AssignTask_SubmittedBeforeAnyWorker_SpecIsReadFromTheStore()
    {
        await silo.Submit(new() { ["argv"] = new[] { "/bin/echo", "early" } }, secrets: """{"B":"2"}""");
        var worker = await Worker().Ready();

        var start = await worker.NextStart();

        Assert.Equal(["/bin/echo", "early"], start.Argv);
        Assert.Equal(("test", "2"), (start.Name, start.Env["B"]));
    }

    [Fact]
    public async Task Report_AttemptKilledForItsLease_TaskIsQueuedAgainAndNotFailed()
    {
        var worker = await Worker().Ready();
        var (id, first) = await worker.Begin();

        Assert.True(await worker.Tell(new Result
        {
            Lease = first.Lease,
            Reason = Result.Types.Reason.NodeLost,
            Inline = true,
        }));

        var second = await worker.NextStart();
        Assert.Equal((first.Lease.TaskId, 2), (second.Lease.TaskId, second.Lease.Attempt));
        Assert.True(await worker.Tell(RemoteWorker.Succeeded(second.Lease)));
        Assert.Equal((TaskState.Succeeded, 2), ((await silo.Ended(id)).State, (await silo.Ended(id)).Attempt));
    }

    [Fact]
    public async Task Report_SameResultTwice_SettledTwiceAndRecordedOnce()
    {
        var worker = await Worker().Ready();
        var (id, start) = await worker.Begin();

        Assert.True(await worker.Tell(RemoteWorker.Succeeded(start.Lease, "first")));
        var again = RemoteWorker.Succeeded(start.Lease, "second");
        again.ExitCode = 1;
        Assert.True(await worker.Tell(again));

        Assert.Equal((TaskState.Succeeded, 0), ((await silo.Ended(id)).State, (await silo.Ended(id)).ExitCode));
        Assert.Equal("first", await silo.Output(id));
    }

    [Fact]
    public async Task InstanceOf_WorkerRegistersAgain_IsTheInstanceOfTheNewSessionOnly()
    {
        var sessions = silo.Services.GetRequiredService<INodeSessions>();
        var worker = await Worker().Ready();
        var first = worker.Session;
        Assert.Equal("one", await sessions.InstanceOf(Name, first));
        Assert.Equal("one", await sessions.InstanceOf(Name, first));

        await worker.Register();

        Assert.Equal("one", await sessions.InstanceOf(Name, worker.Session));
        Assert.Null(await sessions.InstanceOf(Name, first));
        Assert.Null(await sessions.InstanceOf(Name, worker.Session + 1));
    }

    [Fact]
    public async Task Report_OfAnEarlierSession_IsNotSettled()
    {
        var worker = await Worker().Ready();
        var (_, start) = await worker.Begin();
        var successor = Worker();
        await successor.Register(held: start.Lease);

        Assert.False(await worker.Tell(RemoteWorker.Succeeded(start.Lease)));
        Assert.Equal(StatusAnswer.Types.Outcome.SessionOver, (await worker.Beat(start.Lease)).Outcome);
        Assert.False((await worker.Write(start.Lease, 0, "late")).Stored);
        Assert.Empty((await successor.Beat(start.Lease)).Kill);
        Assert.True(await successor.Tell(RemoteWorker.Succeeded(start.Lease)));
    }

    [Fact]
    public async Task Register_NameOfALivingWorker_IsRefusedToAnotherInstance()
    {
        var worker = Worker();
        Assert.Equal(StatusAnswer.Types.Outcome.Ok, (await worker.Register("one")).Outcome);
        var other = Worker();

        Assert.Equal(StatusAnswer.Types.Outcome.NameTaken, (await other.Register("two")).Outcome);
    }

    [Fact]
    public async Task WriteOutput_WhileItRuns_IsReadableAtOnceAndAfterTheResult()
    {
        var worker = await Worker().Ready();
        var (id, start) = await worker.Begin();

        Assert.True((await worker.Write(start.Lease, 0, "abc")).Stored);
        Assert.True((await worker.Write(start.Lease, 3, "def")).Stored);
        Assert.True((await worker.Write(start.Lease, 3, "def")).Stored);
        Assert.Equal("abcdef", await silo.Output(id));
        Assert.True(await worker.Tell(new Result
        {
            Lease = start.Lease,
            Reason = Result.Types.Reason.Exit,
            ExitCode = 0,
            StdoutBytes = 6,
        }));

        Assert.Equal("abcdef", await silo.Output(id));
        Assert.Equal(6, (await silo.Ended(id)).StdoutBytes);
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("refused")]
    [InlineData("unable")]
    public async Task Report_AttemptIsLostOrPutBack_WhatItWroteStaysAndAResultsCopyGoes(string told)
    {
        var worker = await Worker().Ready();
        var (id, start) = await worker.Begin();
        var first = start.Lease;
        Assert.True(await worker.Tell(new Progress { Started = { first } }));
        Assert.True((await worker.Write(first, 0, "first")).Stored);

        Assert.True(await worker.Tell(told switch
        {
            "refused" => new Progress { Refused = { first } },
            "unable" => new Progress { Unable = { first } },
            _ => new Progress { Results = { new Result { Lease = first, Reason = Result.Types.Reason.NodeLost, Inline = true } } },
        }));

        var second = (await worker.NextStart()).Lease;
        Assert.Equal(2, second.Attempt);
        Assert.True((await worker.Write(second, 0, "second")).Stored);
        Assert.True(await worker.Tell(RemoteWorker.Succeeded(second, "second")));
        var files = silo.Services.GetRequiredService<IOutputStore>();
        var lease = NodeMessages.ToLeaseRef(second);
        await Until.Holds("the row alone has the second attempt's output", TimeSpan.FromSeconds(20),
            async () => await files.Length(id, 2, lease.Token, OutputStream.Stdout) == 0);
        Assert.Equal("second", await silo.Output(id));
        Assert.Equal("first", await silo.Output(id, attempt: 1));
    }

    [Fact]
    public async Task Heartbeat_OfAnAttemptNobodyKnows_NamesItForTheKill()
    {
        var worker = await Worker().Ready();
        var unknown = new Lease
        {
            TaskId = "00000000-0000-7000-8000-000000000001",
            Queue = "default",
            Attempt = 1,
            Token = ByteString.CopyFrom(new byte[16]),
        };

        Assert.Equal(unknown, Assert.Single((await worker.Beat(unknown)).Kill));
    }

    [Fact]
    public async Task Heartbeat_WorkerCanRunContainersByNow_TheNodeCanInItsSession()
    {
        var worker = await Worker().Ready();
        var fleet = silo.Grains.GetGrain<IFleetGrain>("fleet");
        async Task<Limits> Enforced() => (await fleet.List()).Single(static node => node.Id == Name).Enforces;
        Assert.False((await Enforced()).HasFlag(Limits.Container));

        var report = new StatusReport { NodeId = Name, Session = worker.Session, SentAt = 1, Isolates = 2 };
        Assert.Equal(StatusAnswer.Types.Outcome.Ok, (await worker.Master.ReportStatus(report, default)).Outcome);

        await Until.Holds("the node runs containers", TimeSpan.FromSeconds(20),
            async () => (await Enforced()).HasFlag(Limits.Container));
    }

    [Fact]
    public async Task Report_LeaseThatMakesNoSense_IsRefusedWithTheReason()
    {
        var worker = await Worker().Ready();

        var failure = await Assert.ThrowsAsync<ArgumentException>(() => worker.Tell(RemoteWorker.Succeeded(new Lease
        {
            TaskId = "no-id",
        })));

        Assert.Contains("no-id", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>A worker that leaves after the test.</summary>
    private RemoteWorker Worker()
    {
        var worker = new RemoteWorker(silo, Name);
        workers.Add(worker);
        return worker;
    }

    /// <summary>A silo without a worker of its own.</summary>
    public sealed class Scene : IAsyncLifetime
    {
        internal OneProcess Silo { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Silo = await OneProcess.StartAsync(withWorker: false);

        public ValueTask DisposeAsync() => Silo.DisposeAsync();
    }
}
