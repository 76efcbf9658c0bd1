using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class AgentSessionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Registration_Always_TellsWhatTheWorkerIs()
    {
        await using var fixture = await new AgentFixture(o =>
        {
            o.Slots = 7;
            o.Labels["disk"] = "ssd";
            o.Earlier = new(areDead: true);
        }).Started();

        var report = await fixture.Master.Reports.ReadAsync(Cancellation);

        Assert.Equal(("w1", 0L, 7, true),
            (report.NodeId, report.Session, report.Registration.Slots, report.Registration.TreesDead));
        Assert.Equal("ssd", report.Registration.Labels["disk"]);
        Assert.Equal(7U * 32, report.Registration.StartsAhead);
        Assert.Matches("^[0-9a-f]{32}$", report.Registration.Instance);
        Assert.True(report.MemoryBytes > 0);
    }

    [Fact]
    public async Task Registration_SessionsOfEarlierRunsAreDead_SaysSoAndNotesItsOwnForTheNext()
    {
        await using var fixture = await new AgentFixture(static o => o.Earlier = new(deadSessions: [5, 7])).Started();

        var report = await fixture.Master.Reports.ReadAsync(Cancellation);

        Assert.False(report.Registration.TreesDead);
        Assert.Equal([5, 7], report.Registration.DeadSessions);
        Assert.Equal([1], SessionFile.Read(fixture.Options.DataFolder, "w1"));
    }

    [Fact]
    public async Task Registration_WhileSomethingOfThisRunLives_SaysOfNoSessionThatItIsDead()
    {
        await using var fixture = new AgentFixture(static o => o.Earlier = new(deadSessions: [5, 7]));
        fixture.Master.HeartbeatMs = 20;
        var isOver = false;
        fixture.Master.OnStatus = report => isOver && report.Session == 1
            ? new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.SessionOver }
            : null;
        await fixture.Started();
        Assert.Equal([5, 7], (await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.DeadSessions);
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        isOver = true;

        var next = await fixture.Master.Reports.ReadAsync(Cancellation);
        while (next.Registration is null)
            next = await fixture.Master.Reports.ReadAsync(Cancellation);

        Assert.Equal(start.Lease, Assert.Single(next.Held));
        Assert.Empty(next.Registration.DeadSessions);
    }

    [Fact]
    public async Task Learn_WayToIsolate_IsInAHeartbeatAtOnceAndTheSessionGoesOn()
    {
        await using var fixture = new AgentFixture(static o => o.Isolates = 1);
        // No heartbeat is due during the test.
        (fixture.Master.LeaseMs, fixture.Master.HeartbeatMs) = (3_600_000, 1_800_000);
        await fixture.Started();
        Assert.Equal(1U, (await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.Isolates);

        fixture.Agent.Learn(2);

        var next = await fixture.Master.Reports.ReadAsync(Cancellation);
        Assert.Equal((1L, 3U), (next.Session, next.Isolates));
        Assert.Null(next.Registration);
    }

    [Fact]
    public async Task Learn_WhileTheRegistrationIsUnderWay_IsInAHeartbeatAtOnce()
    {
        await using var fixture = new AgentFixture();
        (fixture.Master.LeaseMs, fixture.Master.HeartbeatMs) = (3_600_000, 1_800_000);
        fixture.Master.Answering = report =>
        {
            if (report.Session == 0)
                fixture.Agent.Learn(2);
            return Task.CompletedTask;
        };

        await fixture.Started();

        Assert.Equal(0U, (await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.Isolates);
        var next = await fixture.Master.Reports.ReadAsync(Cancellation);
        Assert.Equal((1L, 2U), (next.Session, next.Isolates));
    }

    [Fact]
    public async Task Learn_BeforeTheStart_IsInTheRegistration()
    {
        await using var fixture = new AgentFixture(static o => o.Isolates = 1);
        fixture.Agent.Learn(2);

        await fixture.Started();

        Assert.Equal(3U, (await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.Isolates);
    }

    [Fact]
    public async Task Session_EndsAgainAndAgain_SaysThatAnotherWorkerMayUseACopyOfTheFolder()
    {
        var log = new ToldOnce(3508);
        await using var fixture = new AgentFixture(logger: log);
        fixture.Master.HeartbeatMs = 20;
        fixture.Master.OnStatus = static report => report.Session > 0
            ? new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.SessionOver }
            : null;
        await fixture.Started();

        var text = await log.Text.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);

        Assert.Contains("a copy of this data folder", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registration_AfterARestart_HasTheSameInstance()
    {
        await using var fixture = await new AgentFixture().Started();
        var first = await fixture.Master.Reports.ReadAsync(Cancellation);
        await fixture.Restarted();

        var second = await fixture.Master.Reports.ReadAsync(Cancellation);
        while (second.Session != 0)
            second = await fixture.Master.Reports.ReadAsync(Cancellation);

        Assert.Equal(first.Registration.Instance, second.Registration.Instance);
    }

    [Fact]
    public async Task Registration_NameTaken_EndsTheAgent()
    {
        await using var fixture = new AgentFixture();
        fixture.Master.OnStatus = static _ => new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.NameTaken };
        fixture.Agent.Start();

        var failure = await Assert.ThrowsAsync<NameTakenException>(
            () => fixture.Agent.Completion.WaitAsync(Cancellation));

        Assert.Contains("'w1'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registration_NameMayBeTaken_IsRepeatedUntilItIsFree()
    {
        var refusals = 0;
        await using var fixture = new AgentFixture();
        fixture.Master.OnStatus = report => report.Session == 0 && refusals++ < 2
            ? new StatusAnswer { Outcome = StatusAnswer.Types.Outcome.NameTaken, LeaseMs = 30_000 }
            : null;
        await fixture.Started();

        while ((await fixture.Master.Reports.ReadAsync(Cancellation)).Session == 0)
            Assert.False(fixture.Agent.Completion.IsCompleted);
        Assert.Equal(3, refusals);
    }

    [Fact]
    public async Task Session_IsFollowedByAnother_WhichVouchesForBothAndStartsNothingThatComesLate()
    {
        await using var fixture = new AgentFixture(static o => (o.Slots, o.StartedDelay) = (1, TimeSpan.FromMinutes(1)));
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = fixture.Shell("echo late");
        async IAsyncEnumerable<Commands> Late()
        {
            var first = new Commands();
            first.Start.Add(fixture.Shell("echo first"));
            yield return first;
            await second.Task;
            yield return new Commands { Start = { late } };
        }

        fixture.Master.OnAssign = request => request.Session == 1 ? Late() : null;
        fixture.Master.OnReport = told => Task.FromResult(new ProgressAnswer { Settled = told.Session == 2 });
        await fixture.Started();

        Assert.Empty((await fixture.Master.Reports.ReadAsync(Cancellation)).Registration.RunSessions);
        var next = await fixture.Master.Reports.ReadAsync(Cancellation);
        while (next.Registration is null)
            next = await fixture.Master.Reports.ReadAsync(Cancellation);
        Assert.Equal((1L, 1), (Assert.Single(next.Registration.RunSessions), next.Held.Count));
        Assert.Equal("first\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        Assert.Equal("first\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        second.SetResult();
        fixture.Master.Send(fixture.Shell("echo on"));
        Assert.Equal("on\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Result_ReportFails_IsRepeatedUntilSettled()
    {
        await using var fixture = await new AgentFixture(static o => o.StartedDelay = TimeSpan.FromMinutes(1)).Started();
        var calls = 0;
        fixture.Master.OnReport = _ => ++calls < 3
            ? throw new IOException("no route")
            : Task.FromResult(new ProgressAnswer { Settled = true });
        fixture.Master.Send(fixture.Shell("echo once"));

        Assert.Equal("once\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        fixture.Master.Send(fixture.Shell("echo twice"));
        Assert.Equal("twice\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        Assert.Equal(4, calls);
    }

    [Fact]
    public async Task Result_SessionOver_IsReportedInTheNextSession()
    {
        await using var fixture = await new AgentFixture(static o => o.StartedDelay = TimeSpan.FromMinutes(1)).Started();
        fixture.Master.OnReport = static told => Task.FromResult(new ProgressAnswer { Settled = told.Session == 2 });
        var start = fixture.Shell("echo kept");
        fixture.Master.Send(start);

        Assert.Equal(1, (await fixture.Master.Told.ReadAsync(Cancellation)).Session);
        var told = await fixture.Master.Told.ReadAsync(Cancellation);

        Assert.Equal((2L, "kept\n"), (told.Session, Assert.Single(told.Results).Stdout.ToStringUtf8()));
        await foreach (var report in fixture.Master.Reports.ReadAllAsync(Cancellation))
        {
            if (report.Session != 0 || report.Held.Count == 0)
                continue;
            Assert.Equal(start.Lease, Assert.Single(report.Held));
            break;
        }
    }

    [Fact]
    public async Task Result_NeverSettled_SurvivesTheWorker()
    {
        await using var fixture = await new AgentFixture(o => o.Farewell = TimeSpan.FromMilliseconds(50)).Started();
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // On a slow machine the start is told first.
        fixture.Master.OnReport = told =>
        {
            if (told.Results.Count == 0)
                return Task.FromResult(new ProgressAnswer { Settled = true });
            reported.TrySetResult();
            throw new IOException("no route");
        };
        var start = fixture.Shell("echo durable");
        fixture.Master.Send(start);
        await reported.Task.WaitAsync(Cancellation);
        await fixture.Agent.DisposeAsync();
        fixture.Master.OnReport = static _ => Task.FromResult(new ProgressAnswer { Settled = true });
        fixture.Options.Farewell = TimeSpan.FromMinutes(1);
        await fixture.Restarted();

        var result = await fixture.Master.NextResult();

        Assert.Equal((start.Lease, "durable\n"), (result.Lease, result.Stdout.ToStringUtf8()));
        // Unlike a disposal, this waits until the worker has taken note that it is settled.
        await fixture.Agent.StopAsync(Cancellation);
        await fixture.Agent.DisposeAsync();
        Assert.Equal(0, new FileInfo(Path.Combine(fixture.Options.DataFolder, "results")).Length);
    }

    [Fact]
    public async Task Heartbeat_NamesALostLease_ItsTreeIsKilled()
    {
        await using var fixture = new AgentFixture();
        fixture.Master.HeartbeatMs = 20;
        Lease? revoked = null;
        fixture.Master.OnStatus = report => report.Session == 0 || revoked is null || !report.Held.Contains(revoked)
            ? null
            : new StatusAnswer { Session = report.Session, LeaseMs = 10_000, HeartbeatMs = 20, Kill = { revoked } };
        await fixture.Started();
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        revoked = start.Lease;

        // Held until it is dead and that is told, and then not any more.
        await foreach (var report in fixture.Master.Reports.ReadAllAsync(Cancellation))
            if (report.Session != 0 && report.Held.Contains(start.Lease))
                break;
        await foreach (var report in fixture.Master.Reports.ReadAllAsync(Cancellation))
            if (report.Held.Count == 0)
                break;
        Assert.Equal(Result.Types.Reason.NodeLost, (await fixture.Master.NextResult()).Reason);
        fixture.Master.Send(fixture.Shell("echo next"));
        Assert.Equal("next\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
    }

    [Fact]
    public async Task Heartbeat_KillsWhatItDidNotList_WhichHasBegunSince_ItRunsOn()
    {
        await using var fixture = await new AgentFixture().Started();
        var (start, running, go) = fixture.Gated();
        var (listed, taken) = (true, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        fixture.Master.OnStatus = report =>
        {
            // The worker has taken the answer with the kill.
            if (!listed)
                taken.TrySetResult();
            listed = !listed || report.Held.Count > 0;
            return new StatusAnswer
            {
                Session = report.Session, LeaseMs = 10_000, HeartbeatMs = 20, Kill = { listed ? [] : [start.Lease] },
            };
        };
        fixture.Master.Answering = async _ =>
        {
            if (listed)
                return;
            fixture.Master.Send(start);
            await fixture.WaitForFile(running);
        };

        await taken.Task.WaitAsync(Cancellation);
        // For reading, too: opening it waits for nobody then, even if the command was killed.
        await using (var line = new FileStream(go, FileMode.Open, FileAccess.ReadWrite))
            await line.WriteAsync("\n"u8.ToArray(), Cancellation);
        var result = await fixture.Master.NextResult();
        Assert.Equal((start.Lease, Result.Types.Reason.Exit), (result.Lease, result.Reason));
    }

    [Theory]
    [InlineData(10_000, 0)]
    [InlineData(10_000, -5)]
    [InlineData(10_000, long.MaxValue)]
    [InlineData(0, 2_000)]
    [InlineData(-1, 2_000)]
    [InlineData(long.MaxValue, 2_000)]
    public async Task Register_AnsweredWithTermsThatMakeNoSense_TriesAgainAndWorks(long lease, long heartbeat)
    {
        await using var fixture = new AgentFixture();
        var answers = 0;
        fixture.Master.OnStatus = report => report.Session == 0 && answers++ < 2
            ? new StatusAnswer { Session = 100 + answers, LeaseMs = lease, HeartbeatMs = heartbeat }
            : null;

        await fixture.Started();
        fixture.Master.Send(fixture.Shell("echo works"));

        Assert.Equal("works\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
        Assert.Equal(3, answers);
    }

    [Fact]
    public async Task Start_WithoutALeaseOrWithEndlessTimes_DoesNotKeepOthersFromStarting()
    {
        await using var fixture = new AgentFixture();
        await fixture.Started();
        var endless = fixture.Shell("echo endless");
        (endless.TimeoutMs, endless.KillGraceMs, endless.CpuTimeMs) = (long.MaxValue, long.MaxValue, long.MaxValue);
        fixture.Master.Send(new Start(), endless);

        Assert.Equal("endless\n", (await fixture.Master.NextResult()).Stdout.ToStringUtf8());
    }
}
