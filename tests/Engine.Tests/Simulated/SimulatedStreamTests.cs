using Orleans.Streams;

namespace OrleansTasks.Engine.Tests;

/// <summary>What the simulation's streams do beyond the suite: bounds, retries, giving up.</summary>
public sealed class SimulatedStreamTests : IDisposable
{
    private readonly SimulatedWorld _world = new(SimulatedWorld.Options(queueCapacity: 3, deliverySeconds: 20));

    public void Dispose() => _world.Dispose();

    [Fact]
    public void B28_FullQueue_RefusesTheItemAndTakesOnesLater()
    {
        var probe = Probe.New("full");
        _world.Run(async () =>
        {
            for (var i = 1; i <= 3; i++) await StreamOf<MutableMessage>(probe).OnNextAsync(new() { Numbers = [i] });
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(
                () => StreamOf<MutableMessage>(probe).OnNextAsync(new() { Numbers = [4] }));
            Assert.Contains("full", failure.Message);
        });
        _world.Settle();
        _world.Run(() => StreamOf<MutableMessage>(probe).OnNextAsync(new() { Numbers = [5] }));
        _world.Settle();
        Assert.Equal(["item 1", "item 2", "item 3", "item 5"], probe.Entries.Skip(2));
    }

    [Fact]
    public void FailingSubscriber_IsTriedAgainWithLongerPausesAndThenGivenUp()
    {
        var probe = Probe.New("failing");
        _world.Run(() => StreamOf<FixedMessage>(probe, "failing-streams").OnNextAsync(new FixedMessage(1, "never")));
        _world.Run(() => StreamOf<FixedMessage>(probe, "failing-streams").OnNextAsync(new FixedMessage(2, "taken")));
        _world.Pass(TimeSpan.FromSeconds(60));

        // Pauses of 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5 s fit into 20 s.
        Assert.Equal(9, probe.Count("try 1"));
        Assert.Equal(1, probe.Count("error InvalidOperationException"));
        Assert.Equal("taken 2", probe.Entries[^1]);
    }

    [Fact]
    public void ItemOfAnotherType_IsToldAsAnErrorAndDoesNotBlock()
    {
        var probe = Probe.New("mistyped");
        _world.Run(async () =>
        {
            await StreamOf<FixedMessage>(probe).OnNextAsync(new FixedMessage(1, "wrong"));
            await StreamOf<MutableMessage>(probe).OnNextAsync(new() { Numbers = [2] });
        });
        _world.Settle();
        Assert.Equal(["error InvalidCastException", "item 2"], probe.Entries.Skip(2));
    }

    [Fact]
    public void UnsendableItem_FailsAtTheProducer() => Assert.ThrowsAny<Exception>(
        () => _world.Run(() => StreamOf<Unsendable>(Probe.New("unsendable")).OnNextAsync(new Unsendable())));

    [Fact]
    public void Stop_WhileAnItemIsRetried_DoesNotWaitForIt()
    {
        var probe = Probe.New("stopping");
        _world.Run(() => StreamOf<FixedMessage>(probe, "failing-streams").OnNextAsync(new FixedMessage(1, "never")));
        _world.Pass(TimeSpan.FromSeconds(5));
        var begun = _world.Clock.GetUtcNow();
        _world.Run(() => _world.Silo.StopAsync(TimeSpan.FromMinutes(1)));
        Assert.InRange(_world.Clock.GetUtcNow() - begun, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    private IAsyncStream<T> StreamOf<T>(Probe probe, string ns = "engine-tests") => _world.Client
        .GetStreamProvider(IConformanceHost.Streams).GetStream<T>(StreamId.Create(ns, probe.Key));
}
