using System.Runtime.CompilerServices;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviour 25: objects that grains call back.</summary>
public sealed class ObserverTests(ConformanceFixture fixture)
{
    private readonly IClusterClient _client = fixture.Client;

    [Fact]
    public async Task B25_Observer_HearsOneCallAtATimeAndAwaitedOnesInOrder()
    {
        // One-way calls are not awaited, and across hosts Orleans does not keep their order.
        var probe = Probe.New("observer");
        var listener = new Listener(probe);
        var grain = _client.GetGrain<INotifierGrain>(probe.Key);
        await grain.Register(_client.CreateObjectReference<IListener>(listener)).Soon();
        await grain.Tell(1, 50).Soon();
        for (var number = 1; number <= 50; number++) await probe.SeenAsync($"heard {number}");
        Assert.Equal(50, probe.Entries.Count);
        Assert.Equal(1, probe.MostInside);
        await grain.AskInTurn(1, 20).Soon();
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"asked {n}"), probe.Entries.Skip(50));
        GC.KeepAlive(listener);
    }

    [Fact]
    public async Task B25_DeletedObserver_IsNotCalledAndAOneWayCallerDoesNotHang()
    {
        var probe = Probe.New("observer");
        var listener = new Listener(probe);
        var reference = _client.CreateObjectReference<IListener>(listener);
        var grain = _client.GetGrain<INotifierGrain>(probe.Key);
        await grain.Register(reference).Soon();
        await grain.Tell(1, 1).Soon();
        await probe.SeenAsync("heard 1");
        _client.DeleteObjectReference<IListener>(reference);
        await grain.Tell(2, 3).Soon();

        // A second observer of the same client is behind the first in line: when it has heard, the first would have.
        var second = new Listener(probe);
        await grain.Register(_client.CreateObjectReference<IListener>(second)).Soon();
        await grain.Tell(4, 4).Soon();
        await probe.SeenAsync("heard 4");
        Assert.Equal(["heard 1", "heard 4"], probe.Entries);
        GC.KeepAlive(listener);
        GC.KeepAlive(second);
    }

    [Fact]
    public async Task B25_CollectedObserver_IsNotKeptAndDoesNotThrowAtAOneWayCaller()
    {
        var probe = Probe.New("observer");
        var grain = _client.GetGrain<INotifierGrain>(probe.Key);
        var dropped = await RegisterAndDropAsync(grain, probe);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(dropped.IsAlive);
        await grain.Tell(1, 3).Soon();

        // Behind the first in line, as above.
        var second = new Listener(probe);
        await grain.Register(_client.CreateObjectReference<IListener>(second)).Soon();
        await grain.Tell(4, 4).Soon();
        await probe.SeenAsync("heard 4");
        Assert.Equal(["heard 4"], probe.Entries);
        GC.KeepAlive(second);
    }

    [Fact]
    public void B25_Delete_OfTheObjectItself_Throws() => Assert.Throws<ArgumentException>(
        () => _client.DeleteObjectReference<IListener>(new Listener(Probe.New("observer"))));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> RegisterAndDropAsync(INotifierGrain grain, Probe probe)
    {
        var (reference, listener) = New(probe);
        await grain.Register(reference).Soon();
        return listener;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private (IListener Reference, WeakReference Listener) New(Probe probe)
    {
        var listener = new Listener(probe);
        return (_client.CreateObjectReference<IListener>(listener), new WeakReference(listener));
    }

    private sealed class Listener(Probe probe) : IListener
    {
        public async Task Hear(int number)
        {
            probe.Enter();
            await Task.Yield();
            probe.Add($"heard {number}");
            probe.Exit();
        }

        public Task<int> Ask(int number)
        {
            probe.Add($"asked {number}");
            return Task.FromResult(number + 1);
        }
    }
}
