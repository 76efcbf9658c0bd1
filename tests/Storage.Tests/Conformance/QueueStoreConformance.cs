using OrleansTasks.Events;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of queue settings must do.</summary>
public abstract class QueueStoreConformance
{
    protected abstract IQueueStore Store { get; }

    protected abstract IResourceEventStore Events { get; }

    [Fact]
    public async Task Put_Settings_AreReadBackAndListedByName()
    {
        var b = new QueueSettings("b", Placement.RoundRobin)
        {
            Version = 7, Paused = true, MaxRunning = 3, MaxDepth = 100_000_000, RatePerSecond = 0.123456789012345, Burst = 9, Weight = 100, MinimumIsolation = Isolation.Sandbox,
            Pause = new QueuePause(77) { Key = "k", KeyName = "deploy", Says = "Ólga", Reason = "it's down" },
        };
        Assert.True(await Store.Put(b, null, 5));
        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded), null, 5));

        Assert.Equal(b, await Store.Get("b"));
        var dark = b with { Version = 8, Blackouts = [new Blackout("holidays"), new Blackout(null, -5, 1_000)] };
        Assert.True(await Store.Put(dark, 7, 5));
        Assert.Equal(dark.Blackouts, (await Store.Get("b"))!.Blackouts);
        Assert.True(await Store.Put(b, 8, 5));
        Assert.Equal([new QueueSettings("a", Placement.LeastLoaded), b], await Store.List());
    }

    [Fact]
    public async Task Put_Again_ReplacesThem()
    {
        await Store.Put(new QueueSettings("a", Placement.RoundRobin) { MaxRunning = 1, RatePerSecond = 2, Burst = 3, MaxDepth = 4, Weight = 5 }, null, 5);

        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = 2 }, 1, 5));

        Assert.Equal([new QueueSettings("a", Placement.LeastLoaded) { Version = 2 }], await Store.List());
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    [InlineData(3L)]
    public async Task Put_InPlaceOfAnotherVersion_ChangesNothing(long? replaces)
    {
        var stored = new QueueSettings("a", Placement.RoundRobin) { Version = 2 };
        await Store.Put(stored, null, 5);

        Assert.False(await Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = 4 }, replaces, 5));
        Assert.False(await Store.Put(new QueueSettings("b", Placement.LeastLoaded), 1, 5));

        Assert.Equal([stored], await Store.List());
    }

    [Fact]
    public async Task Delete_Settings_AreGoneAndCanBeMadeAnew()
    {
        await Store.Put(new QueueSettings("a", Placement.RoundRobin) { Version = 5, MaxRunning = 1 }, null, 5);

        Assert.False(await Store.Delete("a", 4, 6));
        Assert.NotNull(await Store.Get("a"));
        Assert.True(await Store.Delete("a", 5, 6));
        Assert.False(await Store.Delete("a", 5, 6));

        Assert.Null(await Store.Get("a"));
        Assert.True(await Store.Put(new QueueSettings("a", Placement.LeastLoaded), null, 5));
        Assert.Equal(new QueueSettings("a", Placement.LeastLoaded), await Store.Get("a"));
    }

    [Fact]
    public async Task Get_NothingSet_IsNull() => Assert.Null(await Store.Get("a"));

    [Fact]
    public async Task Changes_ThatAreMade_HaveTheirEvents()
    {
        await Store.Put(new QueueSettings("a", Placement.LeastLoaded), null, 5);
        await Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = 9 }, 8, 6);
        await Store.Put(new QueueSettings("b", Placement.LeastLoaded), null, at: null);
        await Store.Delete("a", 7, 8);
        await Store.Delete("a", 1, 9);

        Assert.Equal(
            [new ResourceEvent(1, 5, ResourceKind.Queue, "a", ResourceState.Changed), new(2, 9, ResourceKind.Queue, "a", ResourceState.Deleted)],
            (await Events.Read(0, 10)).Events);
    }

    /// <summary>Changes the settings of queue a so many times, from version 1 on.</summary>
    protected virtual async Task PutTimes(int count)
    {
        // Not one after the other: a store that syncs each write would take its time.
        var puts = Enumerable.Range(1, count).Select(PutVersion);
        Assert.All(await Task.WhenAll(puts.ToArray()), Assert.True);
    }

    protected Task<bool> PutVersion(int version) =>
        Store.Put(new QueueSettings("a", Placement.LeastLoaded) { Version = version }, version == 1 ? null : version - 1, 5);

    [Fact]
    public async Task Events_BeyondTheBound_LoseTheOldestAndTheirReaderIsTold()
    {
        Assert.Equal((0, 0, 0), await Page(0));
        await PutTimes(10_003);

        Assert.Equal((4, 10_003, 2), await Page(0, 2));
        Assert.True((await Events.Read(2, 1)).HasLost(2));
        Assert.False((await Events.Read(3, 1)).HasLost(3));
        Assert.Equal((4, 10_003, 0), await Page(10_003));

        async Task<(long First, long Last, int Count)> Page(long after, int limit = 10)
        {
            var page = await Events.Read(after, limit);
            return (page.First, page.Last, page.Events.Length);
        }
    }
}
