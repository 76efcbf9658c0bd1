namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 3 to 8: which calls run when.</summary>
public abstract class TurnTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B03_OneTurnAtATime_SectionsBetweenAwaitsNeverOverlap() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => grain.Overlap(40))).Soon();
        Assert.Equal(1, probe.MostInside);
    });

    [Fact]
    public Task B04_Continuation_ReturnsToTheActivation() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var call = Client.GetGrain<ITurnGrain>(probe.Key).ComesBack("gate");
        await probe.GateOf("gate").Entered;
        await Host.Elsewhere(() =>
        {
            probe.GateOf("gate").Open();
            return Task.FromResult(true);
        });
        Assert.True(await call.Soon());
    });

    [Fact]
    public Task B05_PlainCall_WaitsForARunningPlainCall() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var first = grain.Hold("one");
        await probe.GateOf("one").Entered;
        var second = grain.Hold("two");

        // The interleaved call was sent after the second one; when it is back, the second would have started.
        await grain.PingInterleaved(0).Soon();
        Assert.Equal(0, probe.Count("start two"));
        probe.GateOf("two").Open();
        probe.GateOf("one").Open();
        await Task.WhenAll(first, second).Soon();
        Assert.Equal(
            ["start one", "end one", "start two", "end two"],
            probe.Entries.Where(e => e.Contains("one") || e.Contains("two")));
    });

    [Fact]
    public Task B06_AlwaysInterleave_EntersWhileAnotherAwaits() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var plain = grain.Hold("plain");
        await probe.GateOf("plain").Entered;
        var interleaved = grain.HoldInterleaved("interleaved");
        await probe.GateOf("interleaved").Entered;
        Assert.Equal(8, await grain.PingInterleaved(7).Soon());
        probe.GateOf("interleaved").Open();
        await interleaved.Soon();
        Assert.False(plain.IsCompleted);
        probe.GateOf("plain").Open();
        await plain.Soon();
    });

    [Fact]
    public Task B06_PlainCall_StartsWhenOnlyInterleavingOnesRun() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var interleaved = grain.HoldInterleaved("interleaved");
        await probe.GateOf("interleaved").Entered;
        Assert.Equal(2, await grain.Ping(1).Soon());
        Assert.False(interleaved.IsCompleted);
        probe.GateOf("interleaved").Open();
        await interleaved.Soon();
    });

    [Fact]
    public Task B07_CallsOfManyCallers_AllRunOnce() => Run(async () =>
    {
        // In which order is not pinned: nothing may rely on it.
        var probe = Probe.New("turns");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(n =>
            Host.Elsewhere(() => Client.GetGrain<ITurnGrain>(probe.Key).Ping(n)))).Soon();
        Assert.Equal(Enumerable.Range(1, 200), answers.Order());
        Assert.Equal(200, probe.Count("ping"));
    });

    [Fact]
    public Task B08_CallCycle_TimesOutAndTheGrainsGoOn() => Run(async () =>
    {
        var a = Client.GetGrain<ITurnGrain>(Probe.New("turns").Key);
        var b = Client.GetGrain<ITurnGrain>(Probe.New("turns").Key);
        Assert.Equal("timed out", await a.CallBack(b).Soon());
        Assert.Equal(2, await a.Ping(1).Soon());
        Assert.Equal(2, await b.Ping(1).Soon());
    });

    [Fact]
    public Task B06_ValueTaskMethods_AreCalls() => Run(async () =>
    {
        var probe = Probe.New("turns");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        Assert.Equal(5, await grain.PingByValueTask(4).AsTask().Soon());
        await grain.NothingByValueTask().AsTask().Soon();
        Assert.Equal(1, probe.Count("nothing"));
    });
}

public sealed class TurnTestsOnOrleans(OrleansHosts hosts) : TurnTests(hosts);

public sealed class TurnTestsInSimulation() : TurnTests(SimulatedHosts.All);
