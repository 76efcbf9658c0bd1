namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A dispatcher that is told to end, so that another silo loads its queue.</summary>
public sealed class MovingDispatcherTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task End_CallersWaitForACommit_AreAnswered_AndTheNextActivationHasTheirTasks()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Gate.Close("Commit");
        var submitted = cluster.Submit();
        await cluster.Gate.Reached.Soon();

        Assert.True(cluster.Locals.End(GrainCluster.Key));
        var status = cluster.Dispatcher.GetStatus();
        cluster.Gate.Open();
        await submitted.Soon();
        Assert.Equal(2, (await status.Soon()).Queued);
        Assert.Equal([GrainCluster.Key], cluster.Locals.Queues);
        Assert.Equal(3, (await cluster.Memory.TakeEpoch(GrainCluster.Key, null, Test)).Epoch);
    }

    [Fact]
    public async Task End_ARoundWithoutCallersWrites_TheNextActivationWaitsForIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        cluster.Gate.Close("Commit");
        var worker = await cluster.Worker("n");
        await cluster.Gate.Reached.Soon();

        Assert.True(cluster.Locals.End(GrainCluster.Key));
        var status = cluster.Dispatcher.GetStatus();
        // Another activation, if there were one, would have the queue by then.
        for (var call = 0; call < 100; call++)
            await cluster.Fleet.List().Soon();
        cluster.Gate.Open();
        Assert.Equal((0, 1), (await status.Soon() is var found ? (found.Queued, found.Running) : default));
        await worker.NextStart();
    }

    [Fact]
    public async Task End_NoDispatcherIsActive_DoesNothing()
    {
        await using var cluster = await GrainCluster.StartAsync();
        Assert.False(cluster.Locals.End(GrainCluster.Key));
        Assert.Empty(cluster.Locals.Queues);
    }
}
