using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What the dispatcher's loop reads from the store: for operations, and after a start.</summary>
public sealed class DispatcherReadTests
{
    [Fact]
    public async Task Read_StoreFailsForAMoment_OnlyThoseThatAskedAreTold()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Submit();
        var epoch = await cluster.Epoch();
        cluster.Memory.Hold();
        var first = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        var asks = cluster.Send(DispatcherGrainTests.WithKey(cluster.Request(), "k"));
        var asksNothing = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 4);
        cluster.Memory.Faults.FailReads = true;
        cluster.Memory.Release();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => asks);
        Assert.Equal(SubmitOutcome.Accepted, (await asksNothing).Outcome);
        cluster.Memory.Faults.FailReads = false;
        Assert.Equal(SubmitOutcome.Accepted, (await first).Outcome);
        Assert.Equal(epoch, await cluster.Epoch());
    }

    [Fact]
    public async Task Read_StoreFailsForAMoment_AllThatAskedForTheSameAreTold()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var earlier = await cluster.Submit();
        cluster.Memory.Hold();
        var first = cluster.Send(cluster.Request());
        await cluster.Arrivals.Of("Submit", 2);
        Task<SubmitReply>[] calls = [cluster.Send(WaitsFor(earlier)), cluster.Send(WaitsFor(earlier))];
        await cluster.Arrivals.Of("Submit", 4);
        cluster.Memory.Faults.FailReads = true;
        cluster.Memory.Release();
        foreach (var call in calls)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => call);
        cluster.Memory.Faults.FailReads = false;
        Assert.Equal(SubmitOutcome.Accepted, (await first).Outcome);

        SubmitRequest WaitsFor(TaskId task)
        {
            var request = cluster.Request();
            return request with
            {
                Tasks = [request.Tasks[0] with { After = [new TaskDependency(task, EndCondition.Succeeded)] }],
            };
        }
    }

    [Fact]
    public async Task Recovery_SeveralPages_KeepsTheOrder()
    {
        await using var cluster = await GrainCluster.StartAsync(static options => options.RecoveryPage = 7);
        TaskId[] low = (await SendMany(cluster, 20, 3)).ToArray();
        TaskId[] high = (await SendMany(cluster, 20, 7)).ToArray();
        await cluster.Host.KillAndRestart();
        var worker = await cluster.Worker("n", slots: 50);
        await cluster.Dispatcher.GetStatus().Soon();
        var started = await worker.NextStarts(40);
        Assert.Equal(high.Concat(low), started.Select(static lease => lease.Task));
    }

    [Fact]
    public async Task Recovery_CancelOfATaskThatHasNotBeenRead_FindsIt()
    {
        await using var cluster = await GrainCluster.StartAsync(static options => options.RecoveryPage = 1);
        TaskId[] ids = [await cluster.Submit(), await cluster.Submit(), await cluster.Submit()];
        await cluster.Host.KillAndRestart();
        cluster.Gate.Close(nameof(ITaskStore.LoadWaiting));
        var status = cluster.Dispatcher.GetStatus();
        await cluster.Gate.Reached.Soon();
        var cancel = cluster.Dispatcher.Cancel([ids[2]]);
        var why = cluster.Dispatcher.Why(ids[1]);
        await cluster.Arrivals.Of("Cancel", 1);
        await cluster.Arrivals.Of("Why", 1);
        cluster.Gate.Open();
        await status.Soon();
        Assert.Equal([ControlOutcome.Changed], await cancel.Soon());
        Assert.NotEmpty((await why.Soon()).Reasons);
        Assert.Equal(TaskState.Cancelled, (await cluster.Get(ids[2])).State);
    }

    [Fact]
    public async Task Recovery_UniqueKeyOfATaskThatHasNotBeenRead_IsHeld()
    {
        await using var cluster = await GrainCluster.StartAsync(static options => options.RecoveryPage = 1);
        var last = default(TaskId);
        for (var i = 0; i < 10; i++)
        {
            var request = Request($"k{i}");
            last = request.Tasks[0].Id;
            Assert.Equal(SubmitOutcome.Accepted, (await cluster.Send(request)).Outcome);
        }

        await cluster.Host.KillAndRestart();

        var reply = await cluster.Send(Request("k9"));
        Assert.Equal((SubmitOutcome.NotUnique, last), (reply.Outcome, reply.Holder));

        SubmitRequest Request(string key)
        {
            var request = cluster.Request();
            return request with
            {
                Tasks = [request.Tasks[0] with { Unique = new TaskUnique(key, UniqueWhile.Open, UniqueThen.Refuse) }],
            };
        }
    }

    private static async Task<IEnumerable<TaskId>> SendMany(GrainCluster cluster, int count, int priority)
    {
        var request = cluster.Request(count, priority: priority);
        await cluster.Send(request);
        return request.Tasks.Select(static task => task.Id);
    }
}
