using System.Runtime.CompilerServices;

namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviour 25: objects that grains call back.</summary>
public abstract class ObserverTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B25_Observer_HearsOneCallAtATimeAndAwaitedOnesInOrder() => Run(async () =>
    {
        // One-way calls are not awaited, and across hosts Orleans does not keep their order.
        var probe = Probe.New("observer");
        var listener = new Listener(probe);
        var grain = Client.GetGrain<INotifierGrain>(probe.Key);
        await grain.Register(Client.CreateObjectReference<IListener>(listener)).Soon();
        await grain.Tell(1, 50).Soon();
        for (var number = 1; number <= 50; number++) await probe.SeenAsync($"heard {number}");
        Assert.Equal(50, probe.Entries.Count);
        Assert.Equal(1, probe.MostInside);
        await grain.AskInTurn(1, 20).Soon();
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"asked {n}"), probe.Entries.Skip(50));
        GC.KeepAlive(listener);
    });

    [Fact]
    public Task B25_DeletedObserver_IsNotCalledAndAOneWayCallerDoesNotHang() => Run(async () =>
    {
        var probe = Probe.New("observer");
        var listener = new Listener(probe);
        var reference = Client.CreateObjectReference<IListener>(listener);
        var grain = Client.GetGrain<INotifierGrain>(probe.Key);
        await grain.Register(reference).Soon();
        await grain.Tell(1, 1).Soon();
        await probe.SeenAsync("heard 1");
        Client.DeleteObjectReference<IListener>(reference);
        await grain.Tell(2, 3).Soon();

        // A second observer of the same client is behind the first in line: when it has heard, the first would have.
        var second = new Listener(probe);
        await grain.Register(Client.CreateObjectReference<IListener>(second)).Soon();
        await grain.Tell(4, 4).Soon();
        await probe.SeenAsync("heard 4");
        Assert.Equal(["heard 1", "heard 4"], probe.Entries);
        GC.KeepAlive(listener);
        GC.KeepAlive(second);
    });

    [Fact]
    public Task B25_CollectedObserver_IsNotKeptAndDoesNotThrowAtAOneWayCaller() => Run(async () =>
    {
        var probe = Probe.New("observer");
        var grain = Client.GetGrain<INotifierGrain>(probe.Key);
        var dropped = await RegisterAndDropAsync(grain, probe);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(dropped.IsAlive);
        await grain.Tell(1, 3).Soon();

        // Behind the first in line, as above.
        var second = new Listener(probe);
        await grain.Register(Client.CreateObjectReference<IListener>(second)).Soon();
        await grain.Tell(4, 4).Soon();
        await probe.SeenAsync("heard 4");
        Assert.Equal(["heard 4"], probe.Entries);
        GC.KeepAlive(second);
    });

    [Fact]
    public Task B25_Delete_OfTheObjectItself_Throws() => Run(() =>
    {
        Assert.Throws<ArgumentException>(() => Client.DeleteObjectReference<IListener>(new Listener(Probe.New("observer"))));
        return Task.CompletedTask;
    });

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
        return (Client.CreateObjectReference<IListener>(listener), new WeakReference(listener));
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

public sealed class ObserverTestsOnOrleans(OrleansHosts hosts) : ObserverTests(hosts);

public sealed class ObserverTestsInSimulation() : ObserverTests(SimulatedHosts.All);
