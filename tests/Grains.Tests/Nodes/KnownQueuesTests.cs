using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which queues a worker may speak of.</summary>
public sealed class KnownQueuesTests
{
    private const string A = "a";
    private const string B = "b";
    private readonly MemoryTaskStore memory = new(TimeProvider.System);
    private readonly ITaskStore store;
    private readonly StoreGate gate;
    private readonly KnownQueues queues;

    public KnownQueuesTests()
    {
        (store, gate) = StoreGate.Before<ITaskStore>(memory);
        queues = new KnownQueues(store);
    }

    [Fact]
    public async Task Invented_HeardOf_TheStoreIsNotRead()
    {
        queues.Note(A);
        gate.Close(nameof(ITaskStore.ListQueues));
        Assert.Empty(await queues.FindNonexistent([A]).AsTask().Soon());
        Assert.False(gate.Reached.IsCompleted);
    }

    [Fact]
    public async Task Invented_NeitherHeardOfNorStored_IsTold()
    {
        await memory.TakeEpoch(A, null, TestContext.Current.CancellationToken);
        Assert.Equal(B, Assert.Single(await queues.FindNonexistent([A, B])));
    }

    [Fact]
    public async Task DeletedQueues_WhenManyHaveCalled_AreForgotten()
    {
        await memory.TakeEpoch(A, null, TestContext.Current.CancellationToken);
        gate.Close(nameof(ITaskStore.ListQueues));
        for (var i = 0; i <= KnownQueues.FewQueues; i++)
            queues.Note($"deleted-{i}");
        await gate.Reached.Soon();
        // The read that has begun does not list this one.
        queues.Note(B);
        gate.Open();
        await Task.Run(async () =>
        {
            while (queues.FindUnknown(["deleted-0"]).Count == 0)
                await Task.Yield();
        }).Soon();

        Assert.Equal("deleted-1", Assert.Single(queues.FindUnknown([A, B, "deleted-1"])));
    }

    [Fact]
    public async Task Invented_SeveralAtOnce_EachIsAnswered()
    {
        gate.Close(nameof(ITaskStore.ListQueues));
        var first = queues.FindNonexistent([A]).AsTask();
        await gate.Reached.Soon();
        var second = queues.FindNonexistent([B]).AsTask();
        var third = queues.FindNonexistent([B]).AsTask();
        await memory.TakeEpoch(B, null, TestContext.Current.CancellationToken);
        gate.Open();
        Assert.Equal(A, Assert.Single(await first.Soon()));
        Assert.Empty(await second.Soon());
        Assert.Empty(await third.Soon());
    }
}
