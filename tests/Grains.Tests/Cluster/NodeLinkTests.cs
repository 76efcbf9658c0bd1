using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A node whose stream of commands ends, and what becomes of the commands.</summary>
public sealed class NodeLinkTests
{
    private static readonly RetryPolicy Once = new(1, 1, 1, OnNodeLost: false);

    [Fact]
    public async Task Disconnect_NoOtherNode_TheTaskWaitsUntilTheStreamIsBack()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        await worker.Exit(await worker.NextStart());
        await worker.Disconnect();
        await cluster.Dispatcher.FleetChanged(await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Soon();
        var id = await cluster.Submit(Once);
        Assert.Equal((TaskState.Queued, 0), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
        await worker.Connect();
        Assert.Equal((id, 1), await worker.NextStart() is var lease ? (lease.Task, lease.Attempt) : default);
    }

    [Fact]
    public async Task Disconnect_AssignmentIsUnderWay_RunsOnAnotherNodeUncounted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var lost = await cluster.Worker("lost");
        await cluster.Submit();
        await lost.Exit(await lost.NextStart());
        cluster.Gate.Close(nameof(ITaskStore.Commit));
        var submitted = cluster.Submit(Once);
        await cluster.Gate.Reached.Soon();
        var leaving = lost.Disconnect();
        var other = await cluster.Worker("other");
        cluster.Gate.Open();
        var id = await submitted;
        await leaving;
        Assert.Equal((id, 1), await other.NextStart() is var lease ? (lease.Task, lease.Attempt) : default);
    }

    [Fact]
    public async Task Disconnect_CommandWasNeverWritten_RunsOnAnotherNodeUncounted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var lost = await cluster.Worker("lost");
        var id = await cluster.Submit(Once);
        var unsent = await lost.NextStart();
        var other = await cluster.Worker("other");
        await lost.Disconnect(unsent);
        Assert.Equal((id, 1), await other.NextStart() is var lease ? (lease.Task, lease.Attempt) : default);
        // The same command, late: the task runs elsewhere.
        await lost.Connect();
        await cluster.Channel.Send("lost", new CommandBatch(lost.Session, [new StartCommand(unsent, "", default, default)], [], []));
        await cluster.Channel.Send("lost", new CommandBatch(lost.Session, [], [unsent], []));
        CommandBatch batch;
        do
        {
            batch = await lost.Next();
            Assert.Empty(batch.Start);
        }
        while (batch.Cancel.IsEmpty);
        Assert.Equal(unsent, Assert.Single(batch.Cancel));
    }

    [Fact]
    public async Task Disconnect_CommandMayHaveArrived_TheWorkerKeepsItsAttempt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var id = await cluster.Submit(Once);
        var lease = await worker.NextStart();
        await cluster.Worker("other");
        await worker.Disconnect();
        Assert.Equal(TaskState.Assigned, (await cluster.Get(id)).State);
        await worker.Connect();
        Assert.Empty((await worker.Beat(lease)).Kill);
        Assert.True(await worker.Exit(lease));
        Assert.Equal((TaskState.Succeeded, 1), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
    }

    [Fact]
    public async Task Disconnect_OfAStreamThatWasReplaced_TheNodeGoesOn()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var old = worker.Stream;
        await worker.Connect();
        await worker.Node.Disconnect(worker.Session, old, []).Soon();
        Assert.Equal(await cluster.Submit(), (await worker.NextStart()).Task);
    }

    [Fact]
    public async Task Connect_ThatWordOfItsEndHasOvertaken_GivesNothing()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await worker.Disconnect();
        Assert.True(await worker.Node.Connect(worker.Session, worker.Stream).Soon());
        await cluster.Dispatcher.FleetChanged(await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Soon();
        Assert.Equal(TaskState.Queued, (await cluster.Get(await cluster.Submit())).State);
    }

    [Fact]
    public async Task Heartbeat_OfInventedQueues_KillsTheirAttemptsAndMakesNoQueue()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Submit();
        var held = await worker.NextStart();
        LeaseRef[] invented = [.. Enumerable.Range(0, 50).Select(static i => Invented(i))];
        var reply = await worker.Beat([held, .. invented]);
        Assert.True(reply.SessionValid);
        Assert.Equal(invented, reply.Kill.OrderBy(static lease => lease.Task));
        Assert.Equal(GrainCluster.Key, Assert.Single(await cluster.Memory.ListQueues()).Queue);
        Assert.True(await worker.Exit(held));
    }

    [Fact]
    public async Task RegistrationAndReport_OfInventedQueues_MakeNoQueue()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", running: Invented(1));
        Assert.True(await worker.Started(Invented(2)));
        Assert.True(await worker.Refuse(Invented(3)));
        Assert.True(await worker.Unable(Invented(4)));
        Assert.True(await worker.Exit(Invented(5)));
        Assert.Empty(await cluster.Memory.ListQueues());
    }

    [Fact]
    public async Task Heartbeat_OfAQueueThatOnlyTheStoreKnows_IsAsked()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("first");
        await cluster.Submit();
        var lease = await first.NextStart();
        // This node's grain has not heard of the queue; the queue itself does not know the attempt as this node's.
        var other = new TestWorker(cluster, "other", "i");
        await other.Register(slots: 1, startsAhead: 0);
        Assert.Equal([lease], (await other.Beat(lease)).Kill);
        Assert.True(await first.Exit(lease));
    }

    private static LeaseRef Invented(int number) =>
        new(new TaskId(1, (ulong)number), $"invented{number}", 1, new LeaseToken(1, (ulong)number));
}
