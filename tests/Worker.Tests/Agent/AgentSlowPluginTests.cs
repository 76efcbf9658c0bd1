using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Processing.Processors;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Plug-ins that are slow or never return hold up nothing but their own slots (C1).</summary>
public sealed class AgentSlowPluginTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    public AgentSlowPluginTests() => SlowProcessor.Gate.Reset();

    public void Dispose() => SlowProcessor.Gate.Set();

    [Fact]
    public async Task Plugins_ThatDoNotReturn_AllRunAtOnceAndHeartbeatsGoOn()
    {
        const int Slots = 200;
        await using var fixture = await Started(Slots);
        var before = SlowProcessor.Begun;
        fixture.Master.Send([.. Enumerable.Range(1, Slots).Select(number => Chunk(fixture, number, 1))]);

        using var soon = new CancellationTokenSource(Soon, TimeProvider.System);
        while (SlowProcessor.Begun < before + Slots)
            await fixture.Master.Reports.ReadAsync(soon.Token);
        for (var beats = 0; beats < 5; beats++)
            await fixture.Master.Reports.ReadAsync(soon.Token);

        SlowProcessor.Gate.Set();
        for (var results = 0; results < Slots; results++)
            Assert.Equal(0, (await fixture.Master.NextResult()).ExitCode);
    }

    [Fact]
    public async Task Plugin_ThatIsToldToStop_StopsBeforeItsNextItem()
    {
        await using var fixture = await Started(1);
        var before = SlowProcessor.Begun;
        var start = Chunk(fixture, 1, 1_000);
        fixture.Master.Send(start);
        while (SlowProcessor.Begun == before)
            await fixture.Master.Reports.ReadAsync(TestContext.Current.CancellationToken);

        var cancel = new Commands();
        cancel.Cancel.Add(start.Lease);
        fixture.Master.Send(cancel);
        // Commands are carried out in their order: the cancel has been when a kill of somebody else is refused.
        var other = fixture.Shell("unused").Lease;
        var kill = new Commands();
        kill.Kill.Add(other);
        fixture.Master.Send(kill);
        while (!(await fixture.Master.Told.ReadAsync(TestContext.Current.CancellationToken)).Refused.Contains(other))
        {
        }

        SlowProcessor.Gate.Set();
        Assert.Equal(Result.Types.Reason.Cancelled, (await fixture.Master.NextResult()).Reason);
        Assert.Equal(before + 1, SlowProcessor.Begun);
    }

    [Fact]
    public async Task Stop_APluginNeverReturns_TheWorkerEndsAndDoesNotSayThatNothingRuns()
    {
        await using var fixture = await Started(1);
        var before = SlowProcessor.Begun;
        fixture.Master.Send(Chunk(fixture, 1, 1));
        while (SlowProcessor.Begun == before)
            await fixture.Master.Reports.ReadAsync(TestContext.Current.CancellationToken);

        await fixture.Agent.StopAsync(TestContext.Current.CancellationToken).WaitAsync(Soon, TimeProvider.System, TestContext.Current.CancellationToken);

        while (fixture.Master.Reports.TryRead(out var report))
            Assert.False(report.Goodbye, "The goodbye says that nothing runs any more, and the plug-in does.");
    }

    private static Task<AgentFixture> Started(int slots)
    {
        var plugins = new PluginCatalog();
        plugins.Add(typeof(SlowProcessor).Assembly);
        var fixture = new AgentFixture(options =>
        {
            options.Slots = slots;
            options.Plugins = plugins;
            options.Drain = TimeSpan.Zero;
            options.KillWait = TimeSpan.FromMilliseconds(200);
        });
        fixture.Master.HeartbeatMs = 50;
        return fixture.Started();
    }

    private static Start Chunk(AgentFixture fixture, int number, int items)
    {
        var start = fixture.Shell("unused");
        start.Argv.Clear();
        var plan = new ProcessingPlan(ProcessorKind.Plugin, null, ["slow"], [], false);
        start.Chunk = new Chunk
        {
            Plan = ByteString.CopyFrom(plan.ToBytes()), Number = number, First = number, Items = items, Job = "job-1",
        };
        return start;
    }
}
