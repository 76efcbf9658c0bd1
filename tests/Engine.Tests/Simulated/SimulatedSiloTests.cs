namespace OrleansTasks.Engine.Tests;

/// <summary>What a silo of the simulation refuses, and how it ends.</summary>
public sealed class SimulatedSiloTests : IDisposable
{
    private readonly SimulatedWorld _world = new(SimulatedWorld.Options());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Call_AfterTheStop_IsRefused()
    {
        var grain = _world.Client.GetGrain<ITurnGrain>(Probe.New("silo").Key);
        var gateway = _world.Cluster.StartSilo("gateway", isClient: true);
        Exception? failure = null;
        _world.Run(() => _world.Silo.StopAsync(TimeSpan.FromMinutes(1)));
        gateway.NewProcess("client").Run(async () => failure = await Record.ExceptionAsync(() => grain.Ping(1)));
        while (failure is null) Assert.True(_world.Cluster.Step());
        Assert.IsType<SiloUnavailableException>(failure);
    }

    [Fact]
    public void Call_OutsideOfAllSilos_IsRefusedByName()
    {
        var grain = _world.Client.GetGrain<ITurnGrain>(Probe.New("silo").Key);
        var failure = Assert.Throws<InvalidOperationException>(() => { _ = grain.Ping(1); });
        Assert.Contains("process of a silo", failure.Message);
    }

    [Fact]
    public void Stop_CutShort_LeavesBehindWhatStillRuns()
    {
        var probe = Probe.New("silo");
        var isOver = false;
        _world.Run(() => _world.Client.GetGrain<ITurnGrain>(probe.Key).HoldOneWay("gate"));
        _world.Settle();
        _world.Run(() => _world.Client.GetGrain<ITurnGrain>(probe.Key).PingInterleaved(1));
        var begun = _world.Clock.GetUtcNow();
        _world.Cluster.NewProcess("operator").Run(async () =>
        {
            await _world.Silo.StopAsync(TimeSpan.FromSeconds(5));
            isOver = true;
        });
        while (!isOver) Assert.True(_world.Cluster.Step());
        Assert.Equal(TimeSpan.FromSeconds(5), _world.Clock.GetUtcNow() - begun);
        Assert.Equal(0, probe.Count("deactivating ShuttingDown"));
    }

    [Fact]
    public void Stop_WhileGrainsCallEachOtherAtTheirEnd_EndsThemAll()
    {
        var probe = Probe.New("farewell");
        _world.Run(async () =>
        {
            await _world.Client.GetGrain<IFarewellGrain>(probe.Key).SayAtTheEndTo("other");
            await _world.Silo.StopAsync(TimeSpan.FromMinutes(1));
        });
        Assert.Equal(["said to other"], probe.Entries);
    }

    [Fact]
    public void InterfaceWithoutClass_IsRefusedByName()
    {
        var failure = Assert.Throws<ArgumentException>(() => _world.Client.GetGrain<INobodyImplementsThis>("x"));
        Assert.Contains(nameof(INobodyImplementsThis), failure.Message);
    }

    [Fact]
    public void UnknownStreamProvider_IsRefused() => Assert.ThrowsAny<Exception>(() => _world.Client.GetStreamProvider("no-such"));

    public interface INobodyImplementsThis : IGrainWithStringKey;
}
