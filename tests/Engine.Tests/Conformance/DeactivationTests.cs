namespace OrleansTasks.Engine.Tests;

/// <summary>
/// Behaviours 15, 17, 18: how an activation ends. On a host of their own, as collection is of everything that is idle
/// there.
/// </summary>
public abstract class DeactivationTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B15_DeactivateOnIdle_WaitsForRunningRequestsAndLaterCallsReachTheNextActivation() => Run(async () =>
    {
        var probe = Probe.New("ends");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
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
    });

    [Fact]
    public Task B15_CallsDuringOnDeactivate_ReachTheNextActivation() => Run(async () =>
    {
        var probe = Probe.New("slow-end");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
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
    });

    [Fact]
    public Task B17_IdleActivation_IsCollected() => Run(async () =>
    {
        var probe = Probe.New("ends");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        await grain.Ping(1).Soon();
        await CollectUntilAsync(probe, "deactivated");
        Assert.Equal(1, probe.Count("deactivating ActivationIdle"));
        await grain.Ping(1).Soon();
        Assert.Equal(2, probe.Count("activated"));
    });

    [Fact]
    public Task B17_RunningRequest_PreventsCollection() => Run(async () =>
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var running = grain.HoldInterleaved("gate");
        await probe.GateOf("gate").Entered;
        await Client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
        probe.GateOf("gate").Open();
        await running.Soon();
        await CollectUntilAsync(probe, "deactivated");
    });

    [Fact]
    public Task B18_DelayDeactivation_KeepsCollectionAwayUntilTakenBack() => Run(async () =>
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        await grain.Delay(TimeSpan.FromHours(1)).Soon();
        await Client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
        await grain.Delay(TimeSpan.FromSeconds(-1)).Soon();
        await CollectUntilAsync(probe, "deactivated");
    });

    [Fact]
    public Task B18_KeepAliveClass_IsNotCollected() => Run(async () =>
    {
        var probe = Probe.New("ends");
        var other = Probe.New("ends");
        await Client.GetGrain<IKeptGrain>(probe.Key).Touch().Soon();
        await Client.GetGrain<ITurnGrain>(other.Key).Ping(1).Soon();
        await CollectUntilAsync(other, "deactivated");
        Assert.Equal(0, probe.Count("deactivated"));
    });

    // A call's answer may be here a moment before its activation counts as idle: one round of collection may miss it.
    private async Task CollectUntilAsync(Probe probe, string entry)
    {
        var seen = probe.SeenAsync(entry);
        while (!seen.IsCompleted)
        {
            await Host.CollectIdleAsync(TimeSpan.Zero);
            await Task.Delay(TimeSpan.FromMilliseconds(5), Host.Time);
        }

        await seen;
    }
}

public sealed class DeactivationTestsOnOrleans(DeactivationTestsOnOrleans.OwnHosts hosts)
    : DeactivationTests(hosts), IClassFixture<DeactivationTestsOnOrleans.OwnHosts>
{
    public sealed class OwnHosts : OrleansHosts;
}

public sealed class DeactivationTestsInSimulation() : DeactivationTests(SimulatedHosts.All);
