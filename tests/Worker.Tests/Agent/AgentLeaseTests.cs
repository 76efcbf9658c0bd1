using OrleansTasks.Tests;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A lease of 10 s with a margin of 2 s, on clocks that stand still.</summary>
public sealed class AgentLeaseTests
{
    private readonly ManualTime time = new();
    private readonly ManualTime bootTime = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lease_NotRenewed_EverythingIsKilledBeforeItLapses()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        await fixture.Started();
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        fixture.Master.OnStatus = static _ => throw new IOException("no route");

        Advance(TimeSpan.FromSeconds(7.9));
        Assert.True(IsRunning(start), "Nothing may be killed while the lease is current.");
        // Two seconds before the end of the term: the timer looks again a second after it looked last.
        Advance(TimeSpan.FromSeconds(1.2));
        fixture.Master.OnStatus = static _ => null;

        var result = await NextResult(fixture);
        Assert.Equal((start.Lease, Result.Types.Reason.NodeLost), (result.Lease, result.Reason));
    }

    [Fact]
    public async Task Lease_OneQueueIsNotRenewed_OnlyItsAttemptsAreKilled()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        fixture.Master.OnStatus = static report => report.Session == 0 ? null : new StatusAnswer
        {
            Session = report.Session,
            Terms = { new QueueTerm { Queue = "q1", AsOf = report.SentAt } },
        };
        await fixture.Started();
        var (kept, keptRuns, go) = fixture.Gated();
        var (lost, lostRuns, _) = fixture.Gated();
        lost.Lease.Queue = "q2";
        fixture.Master.Send(kept, lost);
        await fixture.WaitForFile(keptRuns);
        await fixture.WaitForFile(lostRuns);

        for (var beat = 0; beat < 4; beat++)
        {
            Assert.True(IsRunning(lost), "Nothing may be killed while its lease is current.");
            while (fixture.Master.Reports.TryRead(out _))
            {
                // What was reported before does not matter.
            }

            Advance(TimeSpan.FromSeconds(2));
            await fixture.Master.Reports.ReadAsync(Cancellation);
        }

        var first = await NextResult(fixture);
        Assert.Equal((lost.Lease, Result.Types.Reason.NodeLost), (first.Lease, first.Reason));
        Assert.True(IsRunning(kept));
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        var second = await NextResult(fixture);
        Assert.Equal((kept.Lease, Result.Types.Reason.Exit), (second.Lease, second.Reason));
    }

    [Fact]
    public async Task Start_LeaseHasLapsed_IsToldAsUnable()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        await fixture.Started();
        fixture.Master.OnStatus = static _ => throw new IOException("no route");
        Advance(TimeSpan.FromSeconds(9));
        var start = fixture.Shell("true");
        fixture.Master.Send(start);

        var told = await fixture.Master.Told.ReadAsync(Cancellation);
        Assert.Equal(start.Lease, Assert.Single(told.Unable));
        Assert.Empty(told.Refused);
    }

    [Fact]
    public async Task Lease_AcknowledgedLate_CountsFromTheSending()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        await fixture.Started();
        var (start, running, _) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        var answered = 0;
        fixture.Master.OnStatus = _ =>
        {
            if (++answered > 1)
                throw new IOException("no route");
            // The answer is 6 s on its way: by the boot clock alone, as over a suspend.
            bootTime.Advance(TimeSpan.FromSeconds(6));
            return null;
        };

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(IsRunning(start));
        Advance(TimeSpan.FromSeconds(3.1));
        fixture.Master.OnStatus = static _ => null;

        Assert.Equal(Result.Types.Reason.NodeLost, (await NextResult(fixture)).Reason);
    }

    [Fact]
    public async Task Start_UnderWayForLongerThanItsLease_IsPassedOverUntilItComesAnew()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        Advance(TimeSpan.FromSeconds(1));
        await fixture.Started();
        var old = (await fixture.Master.Reports.ReadAsync(Cancellation)).SentAt;
        var latest = old;
        for (var beat = 0; beat < 4; beat++)
        {
            Advance(TimeSpan.FromSeconds(2));
            latest = (await fixture.Master.Reports.ReadAsync(Cancellation)).SentAt;
        }

        // 8 s after the heartbeat that its lease counts from, 2 s before that lease may be another's.
        var (stale, fresh) = (fixture.Shell("exit 3"), fixture.Shell("exit 4"));
        stale.AsOf = old;
        fresh.AsOf = latest;
        fixture.Master.Send(stale);
        fixture.Master.Send(fresh);
        Assert.Equal((fresh.Lease, 4), await NextResult(fixture) is var first ? (first.Lease, first.ExitCode) : default);
        // Had the stale one been started, its own exit code would come, and this one would be ignored as a repeat.
        var anew = fixture.Shell("exit 5");
        (anew.Lease, anew.AsOf) = (stale.Lease, latest);
        fixture.Master.Send(anew);
        Assert.Equal((stale.Lease, 5), await NextResult(fixture) is var second ? (second.Lease, second.ExitCode) : default);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Start_CameLate_IsInAHeartbeatBeforeTheNextIsDue(bool isDuringAHeartbeat)
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        Advance(TimeSpan.FromSeconds(1));
        // The master renews nothing: it knows of no attempt here.
        fixture.Master.OnStatus = static report =>
            report.Session == 0 ? null : new StatusAnswer { Session = report.Session };
        await fixture.Started();
        var (start, running, _) = fixture.Gated();
        start.AsOf = (await fixture.Master.Reports.ReadAsync(Cancellation)).SentAt;
        for (var beat = 0; beat < 2; beat++)
        {
            Advance(TimeSpan.FromSeconds(2));
            await fixture.Master.Reports.ReadAsync(Cancellation);
        }

        var (arrived, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        fixture.Master.Answering = _ =>
        {
            arrived.TrySetResult();
            return answered.Task;
        };
        if (!isDuringAHeartbeat)
            answered.SetResult();
        Advance(TimeSpan.FromSeconds(2));
        await arrived.Task.WaitAsync(Cancellation);
        // Two seconds are left, and the next heartbeat is due in two.
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        answered.TrySetResult();

        while (!(await fixture.Master.Reports.ReadAsync(Cancellation)).Held.Contains(start.Lease))
        {
            // It was sent before the command came.
        }
    }

    [Fact]
    public async Task Lease_RenewedByHeartbeats_NothingIsKilled()
    {
        await using var fixture = new AgentFixture(null, time, bootTime);
        await fixture.Started();
        var (start, running, go) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);
        for (var beat = 0; beat < 15; beat++)
        {
            while (fixture.Master.Reports.TryRead(out _))
            {
                // What was reported before does not matter.
            }

            Advance(TimeSpan.FromSeconds(2));
            await fixture.Master.Reports.ReadAsync(Cancellation);
        }

        await File.WriteAllTextAsync(go, "\n", Cancellation);
        Assert.Equal(Result.Types.Reason.Exit, (await NextResult(fixture)).Reason);
    }

    private static bool IsRunning(Start start) => Directory.EnumerateDirectories("/proc").Any(folder =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ"))
                .Contains(start.Lease.TaskId, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });

    /// <summary>Lets the clocks go on in steps until a result is told, since retries wait on them.</summary>
    private async Task<Result> NextResult(AgentFixture fixture)
    {
        var result = fixture.Master.NextResult();
        while (!result.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        return await result;
    }

    private void Advance(TimeSpan by)
    {
        bootTime.Advance(by);
        time.Advance(by);
    }
}
