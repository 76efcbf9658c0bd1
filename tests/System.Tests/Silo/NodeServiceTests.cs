using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Silo.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

public sealed class NodeServiceTests
{
    [Fact]
    public async Task AssignTask_TaskSubmitted_CarriesAllThatTheWorkerNeeds()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = new RemoteWorker(silo, "remote");

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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = new RemoteWorker(silo, name);

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => worker.Register(slots: 1));
        Assert.Contains("A-Z, a-z, 0-9", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AssignTask_SubmittedBeforeAnyWorker_SpecIsReadFromTheStore()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await silo.Submit(new() { ["argv"] = new[] { "/bin/echo", "early" } }, secrets: """{"B":"2"}""");
        await using var worker = await new RemoteWorker(silo, "remote").Ready();

        var start = await worker.NextStart();

        Assert.Equal(["/bin/echo", "early"], start.Argv);
        Assert.Equal(("test", "2"), (start.Name, start.Env["B"]));
    }

    [Fact]
    public async Task Report_AttemptKilledForItsLease_TaskIsQueuedAgainAndNotFailed()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (id, start) = await worker.Begin();

        Assert.True(await worker.Tell(RemoteWorker.Succeeded(start.Lease, "first")));
        var again = RemoteWorker.Succeeded(start.Lease, "second");
        again.ExitCode = 1;
        Assert.True(await worker.Tell(again));

        Assert.Equal((TaskState.Succeeded, 0), ((await silo.Ended(id)).State, (await silo.Ended(id)).ExitCode));
        Assert.Equal("first", await silo.Output(id));
    }

    [Fact]
    public async Task Report_OfAnEarlierSession_IsNotSettled()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
        var (_, start) = await worker.Begin();
        await using var successor = new RemoteWorker(silo, "remote");
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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = new RemoteWorker(silo, "remote");
        Assert.Equal(StatusAnswer.Types.Outcome.Ok, (await worker.Register("one")).Outcome);
        await using var other = new RemoteWorker(silo, "remote");

        Assert.Equal(StatusAnswer.Types.Outcome.NameTaken, (await other.Register("two")).Outcome);
    }

    [Fact]
    public async Task WriteOutput_WhileItRuns_IsReadableAtOnceAndAfterTheResult()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
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
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();
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
    public async Task Report_LeaseThatMakesNoSense_IsRefusedWithTheReason()
    {
        await using var silo = await OneProcess.StartAsync(withWorker: false);
        await using var worker = await new RemoteWorker(silo, "remote").Ready();

        var failure = await Assert.ThrowsAsync<ArgumentException>(() => worker.Tell(RemoteWorker.Succeeded(new Lease
        {
            TaskId = "no-id",
        })));

        Assert.Contains("no-id", failure.Message, StringComparison.Ordinal);
    }
}
