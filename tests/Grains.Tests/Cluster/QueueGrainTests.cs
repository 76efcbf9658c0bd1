using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The grain that changes and deletes queues.</summary>
public sealed class QueueGrainTests
{
    private const string Mail = "mail";

    [Fact]
    public async Task Delete_AQueueWithATask_IsRefusedAndLeavesNoSettings()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var dispatcher = cluster.Grains.GetGrain<ITaskDispatcherGrain>(Mail);
        var request = cluster.Request();
        Assert.Equal(SubmitOutcome.Accepted, (await dispatcher.Submit([request]).Soon())[0].Outcome);
        var queue = cluster.Grains.GetGrain<IQueueGrain>(Mail);
        var reader = cluster.Grains.GetGrain<IQueueReaderGrain>("reader");

        Assert.Equal(QueueDeletion.NotEmpty, await queue.Delete(1).Soon());

        Assert.Empty(await reader.ListSettings().Soon());
        await dispatcher.Cancel([request.Tasks[0].Id]).Soon();
        Assert.Equal(QueueDeletion.Deleted, await queue.Delete(1).Soon());
        Assert.Empty(await reader.ListSettings().Soon());
        Assert.DoesNotContain(await reader.List().Soon(), static status => status.Queue == Mail);
        Assert.Equal(QueueDeletion.NotFound, await queue.Delete(1).Soon());
    }
}
