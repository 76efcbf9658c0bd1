namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 1, 2, 29, 30, 35: how an activation begins, and what it is given.</summary>
public abstract class ActivationTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B01_FirstCall_ActivatesBeforeAnyMethodRuns() => Run(async () =>
    {
        var probe = Probe.New("slow-start");
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var calls = Task.WhenAll(grain.Ping(1), grain.PingInterleaved(2));
        await probe.GateOf("activate").Entered;
        Assert.Empty(probe.Entries);
        probe.GateOf("activate").Open();
        var answers = await calls.Soon();
        Assert.Equal([2, 3], answers);
        Assert.Equal(["activated", "ping", "ping"], probe.Entries);
    });

    [Fact]
    public Task B02_OnActivateThrows_WaitingCallersGetTheExceptionAndTheNextCallTriesAnew() => Run(async () =>
    {
        var probe = Probe.New("slow-start");
        probe.Fails = true;
        var grain = Client.GetGrain<ITurnGrain>(probe.Key);
        var first = grain.Ping(1);
        var second = grain.PingInterleaved(1);
        await probe.GateOf("activate").Entered;
        probe.GateOf("activate").Open();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => first.Soon());
        Assert.Equal("cannot start", failure.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second.Soon());
        probe.Fails = false;
        Assert.Equal(2, await grain.Ping(1).Soon());
        Assert.Equal(["activated", "ping"], probe.Entries);
    });

    [Fact]
    public Task B29_GetGrain_DoesNotActivateAndReferencesAreEqualByKey() => Run(async () =>
    {
        var probe = Probe.New("reference");
        var one = Client.GetGrain<ITurnGrain>(probe.Key);
        var same = Client.GetGrain<ITurnGrain>(probe.Key);
        var other = Client.GetGrain<ITurnGrain>(Probe.New("reference").Key);
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
        var byGrain = new Dictionary<ITurnGrain, int> { [one] = 1, [other] = 2 };
        Assert.Equal(1, byGrain[same]);
        Assert.Empty(probe.Entries);
        await one.Ping(0).Soon();
        Assert.Equal(["activated", "ping"], probe.Entries);
    });

    [Fact]
    public Task B29_Reference_PassedAsArgument_CallsTheSameGrain() => Run(async () =>
    {
        var asked = Client.GetGrain<IMessageGrain>(Probe.New("passed").Key);
        var asking = Client.GetGrain<IMessageGrain>(Probe.New("passed").Key);
        Assert.Equal(asked.GetPrimaryKeyString(), await asking.AskOther(asked).Soon());
    });

    [Fact]
    public Task B30_Keys_AreTakenAsTheyAre() => Run(async () =>
    {
        string[] keys =
        [
            "queue/0", "/", "a b", "ключ-鍵-🔑", "Case", "case", new string('k', 200), "a+b%20c?d#e", "1", "01",
        ];
        foreach (var key in keys)
        {
            var grain = Client.GetGrain<IMessageGrain>(key);
            Assert.Equal(key, grain.GetPrimaryKeyString());
            Assert.Equal(key, await grain.Name().Soon());
        }
    });

    [Fact]
    public Task B30_KeysThatDifferInCase_AreDifferentGrains() => Run(async () =>
    {
        var probe = Probe.New("case");
        var lower = Client.GetGrain<ITurnGrain>(probe.Key);
        var upper = Client.GetGrain<ITurnGrain>(probe.Key.ToUpperInvariant());
        Assert.NotEqual(lower, upper);
        Assert.NotEqual(await lower.WhoAmI().Soon(), await upper.WhoAmI().Soon());
    });

    [Fact]
    public Task B35_Grain_GetsServicesOfItsOwnScopeAndIsDisposedAfterItEnded() => Run(async () =>
    {
        var probe = Probe.New("owned");
        var grain = Client.GetGrain<IOwnedGrain>(probe.Key);
        Assert.True(await grain.Touch().Soon());
        Assert.True(await Client.GetGrain<IOwnedGrain>(Probe.New("owned").Key).Touch().Soon());
        await grain.EndOnIdle().Soon();
        await probe.SeenAsync("grain disposed");
        await probe.SeenAsync("scope disposed");
        Assert.Equal("deactivating", probe.Entries[0]);
        Assert.Equal(1, probe.Count("grain disposed"));
    });

    [Fact]
    public Task B35_AsyncDisposableGrain_IsDisposed() => Run(async () =>
    {
        var probe = Probe.New("owned");
        await Client.GetGrain<IAsyncOwnedGrain>(probe.Key).EndOnIdle().Soon();
        await probe.SeenAsync("grain disposed");
    });
}

public sealed class ActivationTestsOnOrleans(OrleansHosts hosts) : ActivationTests(hosts);

public sealed class ActivationTestsInSimulation() : ActivationTests(SimulatedHosts.All);
