namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Behaviours 15, 17, 18: how an activation ends. On a host of their own, as collection is of everything that is idle
/// there.
/// </summary>
public sealed class DeactivationTests(DeactivationTests.OwnHost fixture) : IClassFixture<DeactivationTests.OwnHost>
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B15_DeactivateOnIdle_WaitsForRunningRequestsAndLaterCallsReachTheNextActivation()
    {
        var probe = Probe.New("ends");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        var before = await grain.WhoAmI().Soon();
        var running = grain.HoldInterleaved("gate");
        await probe.GateOf("gate").Entered;
        await grain.EndOnIdle().Soon();
        var later = grain.WhoAmI();
        Assert.Equal(0, probe.Count("deactivating ApplicationRequested"));
        probe.GateOf("gate").Open();
        await running.Soon();
        Assert.NotEqual(before, await later.Soon());
        Assert.Equal(
            [
                "activated", "start gate", "asked to end", "end gate",
                "deactivating ApplicationRequested", "deactivated", "activated",
            ],
            probe.Entries);
    }

    [Fact]
    public async Task B15_CallsDuringOnDeactivate_ReachTheNextActivation()
    {
        var probe = Probe.New("slow-end");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        var before = await grain.WhoAmI().Soon();
        await grain.EndOnIdle().Soon();
        await probe.GateOf("deactivate").Entered;
        var later = Task.WhenAll(grain.WhoAmI(), grain.WhoAmI());
        Assert.Equal(1, probe.Count("activated"));
        probe.GateOf("deactivate").Open();
        var after = await later.Soon();
        Assert.NotEqual(before, after[0]);
        Assert.Equal(after[0], after[1]);
        Assert.Equal(1, probe.Count("deactivated"));
    }

    [Fact]
    public async Task B17_IdleActivation_IsCollected()
    {
        var probe = Probe.New("ends");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        await grain.Ping(1).Soon();
        await CollectUntilAsync(probe, "deactivated");
        Assert.Equal(1, probe.Count("deactivating ActivationIdle"));
        await grain.Ping(1).Soon();
        Assert.Equal(2, probe.Count("activated"));
    }

    [Fact]
    public async Task B17_RunningRequest_PreventsCollection()
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        var running = grain.HoldInterleaved("gate");
        await probe.GateOf("gate").Entered;
        await _client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
        probe.GateOf("gate").Open();
        await running.Soon();
        await CollectUntilAsync(probe, "deactivated");
    }

    [Fact]
    public async Task B18_DelayDeactivation_KeepsCollectionAwayUntilTakenBack()
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        await grain.Delay(TimeSpan.FromHours(1)).Soon();
        await _client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
        await grain.Delay(TimeSpan.FromSeconds(-1)).Soon();
        await CollectUntilAsync(probe, "deactivated");
    }

    [Fact]
    public async Task B18_KeepAliveClass_IsNotCollected()
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        await _client.GetGrain<IKeptGrain>(probe.Key).Touch().Soon();
        await _client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
    }

    // A call's answer may be here a moment before its activation counts as idle: one round of collection may miss it.
    private async Task CollectUntilAsync(Probe probe, string entry)
    {
        var seen = probe.SeenAsync(entry);
        while (!seen.IsCompleted)
        {
            await fixture.Host.CollectIdleAsync(TimeSpan.Zero);
            await Task.WhenAny(seen, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
        }

        await seen;
    }

    public sealed class OwnHost : ConformanceFixture;
}
