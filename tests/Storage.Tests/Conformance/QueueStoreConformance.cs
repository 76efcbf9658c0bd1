using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of queue settings must do.</summary>
public abstract class QueueStoreConformance
{
    protected abstract IQueueStore Store { get; }

    [Fact]
    public async Task Put_Settings_AreReadBackAndListedByName()
    {
        var b = new QueueSettings("b", Placement.RoundRobin)
        {
            Version = 7, Paused = true, MaxRunning = 3, MaxDepth = 100_000_000, RatePerSecond = 0.123456789012345, Burst = 9,
        };
        Assert.True(await Store.Put(b, null));
        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded), null));

        Assert.Equal(b, await Store.Get("b"));
        Assert.Equal([new QueueSettings("a", Placement.LeastLoaded), b], await Store.List());
    }

    [Fact]
    public async Task Put_Again_ReplacesThem()
    {
        await Store.Put(new QueueSettings("a", Placement.RoundRobin) { MaxRunning = 1, RatePerSecond = 2, Burst = 3, MaxDepth = 4 }, null);

        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = 2 }, 1));

        Assert.Equal([new QueueSettings("a", Placement.LeastLoaded) { Version = 2 }], await Store.List());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    [InlineData(3L)]
    public async Task Put_InPlaceOfAnotherVersion_ChangesNothing(long? replaces)
    {
        var stored = new QueueSettings("a", Placement.RoundRobin) { Version = 2 };
        await Store.Put(stored, null);

        Assert.False(await Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = 4 }, replaces));
        Assert.False(await Store.Put(new QueueSettings("b", Placement.LeastLoaded), 1));

        Assert.Equal([stored], await Store.List());
    }

    [Fact]
    public async Task Delete_Settings_AreGoneAndCanBeMadeAnew()
    {
        await Store.Put(new QueueSettings("a", Placement.RoundRobin) { Version = 5, MaxRunning = 1 }, null);

        Assert.False(await Store.Delete("a", 4));
        Assert.NotNull(await Store.Get("a"));
        Assert.True(await Store.Delete("a", 5));
        Assert.False(await Store.Delete("a", 5));

        Assert.Null(await Store.Get("a"));
        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded), null));
        Assert.Equal(new QueueSettings("a", Placement.LeastLoaded), await Store.Get("a"));
    }

    [Fact]
    public async Task Get_NothingSet_IsNull() => Assert.Null(await Store.Get("a"));
}
