using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Grains.Tests.Nodes;

/// <summary>Which partitions a worker may speak of.</summary>
public sealed class KnownPartitionsTests
{
    private static readonly PartitionKey A = new("a", 0);
    private static readonly PartitionKey B = new("b", 0);
    private readonly MemoryTaskStore memory = new(TimeProvider.System);
    private readonly ITaskStore store;
    private readonly StoreGate gate;
    private readonly KnownPartitions partitions;

    public KnownPartitionsTests()
    {
        (store, gate) = StoreGate.Before<ITaskStore>(memory);
        partitions = new KnownPartitions(store);
    }

    [Fact]
    public async Task Invented_HeardOf_TheStoreIsNotRead()
    {
        partitions.Note(A);
        gate.Close(nameof(ITaskStore.ListPartitions));
        Assert.Empty(await partitions.FindNonexistent([A]).AsTask().Soon());
        Assert.False(gate.Reached.IsCompleted);
    }

    [Fact]
    public async Task Invented_NeitherHeardOfNorStored_IsTold()
    {
        await memory.TakeEpoch(A, null, TestContext.Current.CancellationToken);
        Assert.Equal(B, Assert.Single(await partitions.FindNonexistent([A, B])));
    }

    [Fact]
    public async Task Invented_SeveralAtOnce_EachIsAnswered()
    {
        gate.Close(nameof(ITaskStore.ListPartitions));
        var first = partitions.FindNonexistent([A]).AsTask();
        await gate.Reached.Soon();
        var second = partitions.FindNonexistent([B]).AsTask();
        var third = partitions.FindNonexistent([B]).AsTask();
        await memory.TakeEpoch(B, null, TestContext.Current.CancellationToken);
        gate.Open();
        Assert.Equal(A, Assert.Single(await first.Soon()));
        Assert.Empty(await second.Soon());
        Assert.Empty(await third.Soon());
    }
}
