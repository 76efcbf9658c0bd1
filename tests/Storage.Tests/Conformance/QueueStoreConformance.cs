using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of queue settings must do.</summary>
public abstract class QueueStoreConformance
{
    protected abstract IQueueStore Store { get; }

    [Fact]
    public async Task Put_Settings_AreReadBackAndListedByName()
    {
        await Store.Put(new QueueSettings("b", Placement.RoundRobin));
        await Store.Put(new QueueSettings("a", Placement.LeastLoaded));

        Assert.Equal(new QueueSettings("b", Placement.RoundRobin), await Store.Get("b"));
        Assert.Equal(["a", "b"], (await Store.List()).Select(static q => q.Name));
    }

    [Fact]
    public async Task Put_Again_ReplacesThem()
    {
        await Store.Put(new QueueSettings("a", Placement.RoundRobin));
        await Store.Put(new QueueSettings("a", Placement.LeastLoaded));

        Assert.Equal([new QueueSettings("a", Placement.LeastLoaded)], await Store.List());
    }

    [Fact]
    public async Task Get_NothingSet_IsNull() => Assert.Null(await Store.Get("a"));
}
