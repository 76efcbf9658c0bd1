namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviours 1, 2, 29, 30, 35: how an activation begins, and what it is given.</summary>
public sealed class ActivationTests(ConformanceFixture fixture)
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B01_FirstCall_ActivatesBeforeAnyMethodRuns()
    {
        var probe = Probe.New("slow-start");
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
        var calls = Task.WhenAll(grain.Ping(1), grain.PingInterleaved(2));
        await probe.GateOf("activate").Entered;
        Assert.Empty(probe.Entries);
        probe.GateOf("activate").Open();
        var answers = await calls.Soon();
        Assert.Equal([2, 3], answers);
        Assert.Equal(["activated", "ping", "ping"], probe.Entries);
    }

    [Fact]
    public async Task B02_OnActivateThrows_WaitingCallersGetTheExceptionAndTheNextCallTriesAnew()
    {
        var probe = Probe.New("slow-start");
        probe.Fails = true;
        var grain = _client.GetGrain<ITurnGrain>(probe.Key);
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
    }

    [Fact]
    public async Task B29_GetGrain_DoesNotActivateAndReferencesAreEqualByKey()
    {
        var probe = Probe.New("reference");
        var one = _client.GetGrain<ITurnGrain>(probe.Key);
        var same = _client.GetGrain<ITurnGrain>(probe.Key);
        var other = _client.GetGrain<ITurnGrain>(Probe.New("reference").Key);
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, other);
        var byGrain = new Dictionary<ITurnGrain, int> { [one] = 1, [other] = 2 };
        Assert.Equal(1, byGrain[same]);
        Assert.Empty(probe.Entries);
        await one.Ping(0).Soon();
        Assert.Equal(["activated", "ping"], probe.Entries);
    }

    [Fact]
    public async Task B29_Reference_PassedAsArgument_CallsTheSameGrain()
    {
        var asked = _client.GetGrain<IMessageGrain>(Probe.New("passed").Key);
        var asking = _client.GetGrain<IMessageGrain>(Probe.New("passed").Key);
        Assert.Equal(asked.GetPrimaryKeyString(), await asking.AskOther(asked).Soon());
    }

    [Fact]
    public async Task B30_Keys_AreTakenAsTheyAre()
    {
        string[] keys =
        [
            "queue/0", "/", "a b", "ключ-鍵-🔑", "Case", "case", new string('k', 200), "a+b%20c?d#e", "1", "01",
        ];
        foreach (var key in keys)
        {
            var grain = _client.GetGrain<IMessageGrain>(key);
            Assert.Equal(key, grain.GetPrimaryKeyString());
            Assert.Equal(key, await grain.Name().Soon());
        }
    }

    [Fact]
    public async Task B30_KeysThatDifferInCase_AreDifferentGrains()
    {
        var probe = Probe.New("case");
        var lower = _client.GetGrain<ITurnGrain>(probe.Key);
        var upper = _client.GetGrain<ITurnGrain>(probe.Key.ToUpperInvariant());
        Assert.NotEqual(lower, upper);
        Assert.NotEqual(await lower.WhoAmI().Soon(), await upper.WhoAmI().Soon());
    }

    [Fact]
    public async Task B35_Grain_GetsServicesOfItsOwnScopeAndIsDisposedAfterItEnded()
    {
        var probe = Probe.New("owned");
        var grain = _client.GetGrain<IOwnedGrain>(probe.Key);
        Assert.True(await grain.Touch().Soon());
        Assert.True(await _client.GetGrain<IOwnedGrain>(Probe.New("owned").Key).Touch().Soon());
        await grain.EndOnIdle().Soon();
        await probe.SeenAsync("grain disposed");
        await probe.SeenAsync("scope disposed");
        Assert.Equal("deactivating", probe.Entries[0]);
        Assert.Equal(1, probe.Count("grain disposed"));
    }

    [Fact]
    public async Task B35_AsyncDisposableGrain_IsDisposed()
    {
        var probe = Probe.New("owned");
        await _client.GetGrain<IAsyncOwnedGrain>(probe.Key).EndOnIdle().Soon();
        await probe.SeenAsync("grain disposed");
    }
}
