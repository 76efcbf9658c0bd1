using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class AgentShutdownTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_NothingRuns_SaysGoodbye()
    {
        await using var fixture = await new AgentFixture().Started();

        await fixture.Agent.StopAsync(Cancellation);

        var reports = await All(fixture);
        Assert.True(reports[^2] is { Leaving: true, Goodbye: false }, "It says that it leaves before it says goodbye.");
        Assert.True(reports[^1].Goodbye);
        Assert.Equal(1, reports[^1].Session);
    }

    [Fact]
    public async Task Stop_CommandEndsWithinTheDrain_ItsResultIsReported()
    {
        await using var fixture = await new AgentFixture().Started();
        var (start, running, go) = fixture.Gated();
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);

        var stopped = fixture.Agent.StopAsync(Cancellation);
        Assert.False(stopped.IsCompleted);
        await File.WriteAllTextAsync(go, "\n", Cancellation);
        await stopped;

        Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Fact]
    public async Task Stop_CommandOutlastsTheDrain_KilledAndPutBackBeforeTheGoodbye()
    {
        // Its start was not told yet. Without that the next attempt would get the same number.
        await using var fixture = await new AgentFixture(o =>
        {
            o.Drain = TimeSpan.FromMilliseconds(100);
            o.StartedDelay = TimeSpan.FromHours(1);
        }).Started();
        var (start, running, _) = fixture.Gated();
        var said = new List<string>();
        fixture.Master.OnReport = told =>
        {
            said.AddRange(told.Started.Select(static l => "started " + l.TaskId));
            said.AddRange(told.Refused.Select(static l => "refused " + l.TaskId));
            return Task.FromResult(new ProgressAnswer { Settled = true });
        };
        fixture.Master.OnStatus = report =>
        {
            if (report.Goodbye)
                said.Add("goodbye");
            return null;
        };
        fixture.Master.Send(start);
        await fixture.WaitForFile(running);

        await fixture.Agent.StopAsync(Cancellation);

        Assert.Equal(["started " + start.Lease.TaskId, "refused " + start.Lease.TaskId, "goodbye"], said);
    }

    [Fact]
    public async Task Stop_CommandsThatComeMeanwhile_ArePutBack()
    {
        await using var fixture = await new AgentFixture().Started();
        var (first, running, go) = fixture.Gated();
        fixture.Master.Send(first);
        await fixture.WaitForFile(running);
        var stopped = fixture.Agent.StopAsync(Cancellation);
        var late = fixture.Shell("echo never");
        fixture.Master.Send(late);
        var told = new List<Progress>();
        do
            told.Add(await fixture.Master.Told.ReadAsync(Cancellation));
        while (told[^1].Refused.Count == 0);
        Assert.Equal(late.Lease, Assert.Single(told[^1].Refused));

        await File.WriteAllTextAsync(go, "\n", Cancellation);
        await stopped;
        while (fixture.Master.Told.TryRead(out var one))
            told.Add(one);
        Assert.Equal(first.Lease, Assert.Single(told.SelectMany(static t => t.Results)).Lease);
    }

    [Fact]
    public async Task Stop_MasterIsGone_KillsWhatRunsAndEndsAfterTheFarewell()
    {
        await using var fixture = await new AgentFixture(o =>
        {
            o.Drain = TimeSpan.Zero;
            o.Farewell = TimeSpan.FromMilliseconds(200);
        }).Started();
        var (reports, goodbyes) = (0, 0);
        fixture.Master.OnStatus = report =>
        {
            if (report.Goodbye)
                goodbyes++;
            throw new IOException("no route");
        };
        fixture.Master.OnReport = _ =>
        {
            reports++;
            throw new IOException("no route");
        };
        var pid = Path.Combine(fixture.Folder, "pid");
        fixture.Master.Send(fixture.Shell($"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 1000"));
        await fixture.WaitForFile(pid);

        await fixture.Agent.StopAsync(Cancellation).WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.False(Directory.Exists("/proc/" + (await File.ReadAllTextAsync(pid, Cancellation)).Trim()), "The command still runs.");
        Assert.True(reports > 1, "What was killed is told again while there is time.");
        Assert.Equal(0, goodbyes);
    }

    [Fact]
    public async Task Stop_MasterDoesNotAnswer_IsLoggedInOneLine()
    {
        var logger = new FarewellLogger();
        await using var fixture = await new AgentFixture(static o => o.Farewell = TimeSpan.FromMilliseconds(200), logger: logger).Started();
        var never = new TaskCompletionSource();
        fixture.Master.Answering = _ => never.Task;

        await fixture.Agent.StopAsync(Cancellation);

        Assert.NotEmpty(logger.Told);
        Assert.All(logger.Told, static told => Assert.Equal(
            ("Could not tell the master that the worker is leaving: no answer within 0.2 s", null), told));
    }

    [Fact]
    public async Task Stop_WhileRegistering_SaysGoodbyeWithTheSessionItIsGiven()
    {
        await using var fixture = new AgentFixture();
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Master.Answering = report => report.Session == 0 ? answered.Task : Task.CompletedTask;
        fixture.Agent.Start();
        await fixture.Master.Reports.ReadAsync(Cancellation);

        var stopped = fixture.Agent.StopAsync(Cancellation);
        answered.SetResult();
        await stopped;

        var reports = await All(fixture);
        Assert.NotEmpty(reports);
        Assert.All(reports, static report => Assert.Equal(1, report.Session));
        Assert.True(reports[^1].Goodbye, "The last word is the goodbye.");
    }

    [Fact]
    public async Task Stop_SessionIsOverDuringTheGoodbye_OpensNoOther()
    {
        await using var fixture = await new AgentFixture(static o => o.Farewell = TimeSpan.FromMilliseconds(500)).Started();
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fixture.Master.OnReport = _ =>
        {
            over.SetResult();
            return Task.FromResult(new ProgressAnswer { Settled = false });
        };
        // A command that comes late is refused, and by then the master has ended the session.
        fixture.Master.Answering = report =>
        {
            if (!report.Goodbye)
                return Task.CompletedTask;
            fixture.Master.Send(fixture.Shell("echo never"));
            return new TaskCompletionSource().Task;
        };

        await fixture.Agent.StopAsync(Cancellation);

        await over.Task;
        Assert.All((await All(fixture)).Skip(1), static report => Assert.Equal(1, report.Session));
    }

    /// <summary>Keeps what is told of farewells that failed.</summary>
    private sealed class FarewellLogger : ILogger<NodeAgent>
    {
        public ConcurrentQueue<(string Message, Exception? Fault)> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 3003)
                Told.Enqueue((formatter(state, exception), exception));
        }
    }

    private static async Task<List<StatusReport>> All(AgentFixture fixture)
    {
        await Task.Yield();
        var reports = new List<StatusReport>();
        while (fixture.Master.Reports.TryRead(out var report))
            reports.Add(report);
        return reports;
    }
}
