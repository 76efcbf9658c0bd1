namespace OrleansTasks.Engine.Tests;

/// <summary>What depends on time, in virtual time on one thread, so to the millisecond.</summary>
public sealed class VirtualTimeTests : IDisposable
{
    private readonly SimulatedWorld _world = new(SimulatedWorld.Options());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void IdleActivation_IsCollectedAtItsAge()
    {
        var probe = Aged();
        _world.Pass(TimeSpan.FromMinutes(14.9));
        Assert.Equal(0, probe.Count("ending ActivationIdle"));
        _world.Pass(TimeSpan.FromMinutes(0.6));
        Assert.Equal(1, probe.Count("ending ActivationIdle"));
    }

    [Fact]
    public void CollectionAgeLimit_OverridesTheHostsAge()
    {
        var probe = ShortLived();
        _world.Pass(TimeSpan.FromMinutes(1.9));
        Assert.Equal(0, probe.Count("ending ActivationIdle"));
        _world.Pass(TimeSpan.FromMinutes(0.6));
        Assert.Equal(1, probe.Count("ending ActivationIdle"));
    }

    [Fact]
    public void Calls_KeepAnActivation()
    {
        var probe = ShortLived();
        for (var minute = 0; minute < 5; minute++)
        {
            _world.Pass(TimeSpan.FromMinutes(1));
            _world.Run(() => _world.Client.GetGrain<IShortLivedGrain>(probe.Key).Touch());
        }

        Assert.Equal(0, probe.Count("ending ActivationIdle"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void B17_Timer_KeepsAnActivationOnlyWithKeepAlive(bool keepAlive, int ends)
    {
        var probe = ShortLived();
        var grain = _world.Client.GetGrain<IShortLivedGrain>(probe.Key);
        _world.Run(() => grain.StartTimer(TimeSpan.FromSeconds(10), keepAlive));
        _world.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(ends, probe.Count("ending ActivationIdle"));

        // Its age is over a moment after the fourth look for idle activations; the fifth one, after 150 s, finds it.
        Assert.Equal(keepAlive ? 30 : 14, probe.Count("tick"));
    }

    [Fact]
    public void B18_DelayDeactivation_EndsWithItsTime()
    {
        var probe = ShortLived();
        _world.Run(() => _world.Client.GetGrain<IShortLivedGrain>(probe.Key).Delay(TimeSpan.FromMinutes(10)));
        _world.Pass(TimeSpan.FromMinutes(9.9));
        Assert.Equal(0, probe.Count("ending ActivationIdle"));
        _world.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, probe.Count("ending ActivationIdle"));
    }

    [Fact]
    public void B09_Timeout_ComesAtTheResponseTimeout()
    {
        var probe = Probe.New("time");
        var begun = _world.Clock.GetUtcNow();
        var failure = Assert.Throws<TimeoutException>(
            () => _world.Run(() => _world.Client.GetGrain<IAgeingGrain>(probe.Key).Hold("gate")));
        Assert.InRange(_world.Clock.GetUtcNow() - begun, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30.01));
        Assert.Contains("Hold", failure.Message);
        Assert.Contains(probe.Key, failure.Message);
    }

    [Fact]
    public void Timeouts_OfManyCalls_ComeEachAtItsOwnTime()
    {
        var waits = new List<(TimeSpan Sent, TimeSpan Failed)>();
        var begun = _world.Clock.GetUtcNow();
        _world.Run(() => Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            await Task.Delay(TimeSpan.FromSeconds(n), _world.Clock);
            var sent = _world.Clock.GetUtcNow() - begun;
            var call = _world.Client.GetGrain<IAgeingGrain>(Probe.New("time").Key).Hold("gate");
            await Assert.ThrowsAsync<TimeoutException>(() => call);
            waits.Add((sent, _world.Clock.GetUtcNow() - begun));
        })));
        Assert.Equal(20, waits.Count);
        Assert.All(
            waits, w => Assert.InRange(w.Failed - w.Sent, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30.01)));
    }

    [Fact]
    public void CallThatTimedOutWhileItWaited_DoesNotRun()
    {
        var probe = Probe.New("time");
        var grain = _world.Client.GetGrain<IAgeingGrain>(probe.Key);
        _world.Run(async () =>
        {
            var holds = grain.Hold("gate");
            var waits = grain.Touch();
            await Assert.ThrowsAsync<TimeoutException>(() => waits);
            await Assert.ThrowsAsync<TimeoutException>(() => holds);
        });
        probe.GateOf("gate").Open();
        _world.Settle();
        Assert.Equal(0, probe.Count("touched"));
        _world.Run(grain.Touch);
        Assert.Equal(1, probe.Count("touched"));
    }

    [Fact]
    public void OnActivateThatTakesTooLong_FailsItsCallersAndTheNextCallTriesAnew()
    {
        var probe = Probe.New("never-starts");
        var grain = _world.Client.GetGrain<IAgeingGrain>(probe.Key);
        var begun = _world.Clock.GetUtcNow();
        Assert.Throws<TimeoutException>(() => _world.Run(grain.Touch));
        Assert.InRange(_world.Clock.GetUtcNow() - begun, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(30.01));
        Assert.Empty(_world.Silo.Host.Targets);
        probe.GateOf("activate").Open();
        _world.Run(grain.Touch);
        Assert.Equal(["touched"], probe.Entries);
    }

    [Fact]
    public void OnDeactivateThatTakesTooLong_IsLeftBehind()
    {
        var probe = Probe.New("never-ends");
        var grain = _world.Client.GetGrain<IAgeingGrain>(probe.Key);
        _world.Run(grain.EndOnIdle);
        _world.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(1, probe.Count("ending ApplicationRequested"));
        var begun = _world.Clock.GetUtcNow();
        _world.Run(grain.Touch);
        Assert.InRange(_world.Clock.GetUtcNow() - begun, TimeSpan.FromSeconds(28), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void RequestThatNeverEnds_DoesNotKeepTheGrainFromBeingActiveAgain()
    {
        var probe = Probe.New("time");
        var grain = _world.Client.GetGrain<ITurnGrain>(probe.Key);
        _world.Run(() => grain.HoldOneWay("gate"));
        _world.Settle();
        foreach (var target in _world.Silo.Host.Targets)
            _ = target.EndAsync(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "test"), default);
        _world.Pass(TimeSpan.FromMinutes(119));
        Assert.Single(_world.Silo.Host.Targets);
        _world.Pass(TimeSpan.FromMinutes(2));
        Assert.Empty(_world.Silo.Host.Targets);
        Assert.Equal(2, _world.Run(() => grain.Ping(1)));
    }

    [Fact]
    public void B20_Timer_TicksAtDueTimeThenByPeriod()
    {
        var probe = Probe.New("time");
        _world.Run(() => _world.Client.GetGrain<IAgeingGrain>(probe.Key).StartTimer(TimeSpan.FromSeconds(7), false));
        _world.Pass(TimeSpan.FromSeconds(6.999));
        Assert.Equal(0, probe.Count("tick"));
        _world.Pass(TimeSpan.FromSeconds(0.001));
        Assert.Equal(1, probe.Count("tick"));
        _world.Pass(TimeSpan.FromSeconds(70));
        Assert.Equal(11, probe.Count("tick"));
    }

    private Probe Aged()
    {
        var probe = Probe.New("age");
        _world.Run(() => _world.Client.GetGrain<IAgeingGrain>(probe.Key).Touch());
        return probe;
    }

    private Probe ShortLived()
    {
        var probe = Probe.New("age");
        _world.Run(() => _world.Client.GetGrain<IShortLivedGrain>(probe.Key).Touch());
        return probe;
    }
}
