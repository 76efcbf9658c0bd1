using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What a node's grain does with its slots when several queues want them.</summary>
public sealed class NodeSlotTests
{
    [Fact]
    public async Task Slot_GrantedToAQueueThatDoesNotUseIt_IsAnothersAMomentLaterByItself()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var idle = "idle";
        await worker.Node.Want(new SlotDemand(idle, 1, worker.Session, 1, 0)).Soon();
        // It finds no slot, unless the clock runs by itself and the moment is over.
        var id = await cluster.Submit();
        await cluster.Arrivals.Of("Want", 2);

        cluster.Time.Advance(TimeSpan.FromMilliseconds(10));

        Assert.Equal(id, (await worker.NextStart()).Task);
    }

    [Fact]
    public async Task Slot_ThatItsQueueHasUsed_IsAnothersAtOnce()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        Assert.True(await worker.Exit(await worker.NextStart()));
        var request = cluster.Request();

        await cluster.Grains.GetGrain<ITaskDispatcherGrain>("other").Submit([request]).Soon();

        Assert.Equal(request.Tasks[0].Id, (await worker.NextStart()).Task);
    }
}
