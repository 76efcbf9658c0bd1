using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Nodes and the fleet: what a node is given.</summary>
public sealed class NodeGrainTests
{
    [Fact]
    public async Task Subscribe_QueueKnowsALaterVersion_WhatFollowsIsNewerStill()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var ahead = (await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Version + (1L << 40);
        Assert.True((await cluster.Fleet.Subscribe(GrainCluster.Key, ahead).Soon()).Version > ahead);
    }

    [Fact]
    public async Task Worker_RegistersAndReports_RunsATaskByTheStream()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var id = await cluster.Submit();
        var lease = await worker.NextStart();
        Assert.Equal((id, 1), (lease.Task, lease.Attempt));
        Assert.Equal(TaskState.Assigned, (await cluster.Get(id)).State);
        Assert.True(await worker.Started(lease));
        Assert.Equal(TaskState.Running, (await cluster.Get(id)).State);
        var reply = await worker.Beat(lease);
        Assert.True(reply.SessionValid);
        Assert.Empty(reply.Kill);
        var view = (await cluster.Fleet.List().Soon())[0];
        Assert.Equal((NodeState.Busy, 1), (view.State, view.Running));
        Assert.True(await worker.Exit(lease));
        Assert.Equal(TaskState.Succeeded, (await cluster.Get(id)).State);
        await worker.Beat();
        Assert.Equal((NodeState.Ready, 0), (await cluster.Fleet.List().Soon())[0] is { } after ? (after.State, after.Running) : default);
    }

    [Fact]
    public async Task Worker_ManyTasks_NeverHasMoreThanItsSlots()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 3);
        await cluster.Send(cluster.Request(100));
        var held = new Queue<LeaseRef>();
        for (var ended = 0; ended < 100; ended++)
        {
            while (held.Count == 0)
                foreach (var start in (await worker.Next()).Start)
                    held.Enqueue(start.Lease);
            Assert.InRange(held.Count, 1, 3);
            Assert.True(await worker.Exit(held.Dequeue()));
        }

        Assert.Equal(0, (await cluster.Dispatcher.GetStatus().Soon()).Running);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Worker_ShortTasksAndHoldsSomeAhead_IsSentThatManyMoreThanItsSlots(int startsAhead)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = new TestWorker(cluster, "n", "i");
        await worker.Register(slots: 2, startsAhead);
        await worker.Connect();
        await cluster.Send(cluster.Request(100));
        var held = new Queue<LeaseRef>();
        for (var ended = 0; ended < 50; ended++)
        {
            await Receive(1);
            Assert.True(await worker.Exit(held.Dequeue()));
        }

        await Receive(2 + startsAhead);
        await worker.Beat([.. held]);
        Assert.Equal(2 + startsAhead, (await cluster.Dispatcher.GetStatus().Soon()).Running);
        GC.KeepAlive(worker);

        async Task Receive(int count)
        {
            while (held.Count < count)
                foreach (var start in (await worker.Next()).Start)
                    held.Enqueue(start.Lease);
        }
    }

    [Fact]
    public async Task Queue_RoundRobin_SpreadsTasksThatComeOneByOneEvenly()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Grains.GetGrain<IQueueGrain>("default").Put(new QueueChange(Placement.RoundRobin)).Soon();
        var workers = new List<TestWorker>();
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
            workers.Add(await cluster.Worker(name, slots: name == "c" ? 3 : 1));
        // One each, and three on c: from then on every node's slots are this queue's.
        await cluster.Send(cluster.Request(7));
        // None ends before all run: a slot that came free would take the task that another node's slot is on its way for.
        var first = new List<(TestWorker Worker, LeaseRef[] Leases)>();
        foreach (var worker in workers)
            first.Add((worker, await worker.NextStarts(worker == workers[2] ? 3 : 1)));
        foreach (var (worker, leases) in first)
            foreach (var lease in leases)
                Assert.True(await worker.Exit(lease));

        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 25; i++)
        {
            var node = (await cluster.Get(await cluster.Submit())).Node!;
            counts[node] = counts.GetValueOrDefault(node) + 1;
            var worker = workers[node[0] - 'a'];
            Assert.True(await worker.Exit(await worker.NextStart()));
        }

        Assert.All(workers, worker => Assert.Equal(5, counts[worker.Name]));
    }

    [Fact]
    public async Task Queue_ChangeOfNothing_KeepsWhatIsStored()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Grains.GetGrain<IQueueGrain>("default").Put(new QueueChange(Placement.RoundRobin)).Soon();
        var settings = new QueueSettings("default", Placement.RoundRobin) { Version = 2 };
        Assert.Equal(settings, Assert.Single(await cluster.Grains.GetGrain<IQueueReaderGrain>("reader").ListSettings().Soon()));

        var reply = await cluster.Grains.GetGrain<IQueueGrain>("default").Put(new QueueChange((Placement?)null)).Soon();

        Assert.Equal(new QueueReply(settings with { Version = 3 }, IsConflict: false), reply);
    }

    [Fact]
    public async Task Drain_Node_GetsNothingUntilItResumes()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        await worker.Exit(await worker.NextStart());
        Assert.True(await worker.Node.SetDraining(true).Soon());
        Assert.Equal(NodeState.Draining, (await cluster.Fleet.List().Soon())[0].State);
        await cluster.Dispatcher.FleetChanged(await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Soon();
        var id = await cluster.Submit();
        Assert.Equal(TaskState.Queued, (await cluster.Get(id)).State);
        Assert.True(await worker.Node.SetDraining(false).Soon());
        Assert.Equal(id, (await worker.NextStart()).Task);
    }

    [Fact]
    public async Task Task_WaitsForAContainer_StartsWhenAHeartbeatSaysThatTheNodeCanRunIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var request = cluster.Request();
        var task = request.Tasks[0] with { Limits = Limits.Container };
        Assert.Equal(SubmitOutcome.Accepted, (await cluster.Send(request with { Tasks = [task] })).Outcome);
        // Nor does it start when the queue knows the node.
        await cluster.Dispatcher.FleetChanged(await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Soon();
        Assert.Equal(TaskState.Queued, (await cluster.Get(task.Id)).State);

        await worker.BeatThatIsolates(Limits.Container);

        Assert.Equal(task.Id, (await worker.NextStart()).Task);
        Assert.False(worker.Closed.Task.IsCompleted);
    }

    [Fact]
    public async Task SetDraining_UnknownNode_IsFalse()
    {
        await using var cluster = await GrainCluster.StartAsync();
        Assert.False(await cluster.Grains.GetGrain<INodeGrain>("nobody").SetDraining(true).Soon());
        Assert.Empty(await cluster.Fleet.List().Soon());
    }

    [Fact]
    public async Task Leaving_Worker_GetsNothingAfterTheAnswer()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Send(cluster.Request(3));
        var leases = await worker.NextStarts(2);
        await worker.Node.ReportStatus(new NodeStatus(worker.Session, [.. leases], 0, 0, Leaving: true)).Soon();
        await worker.Exit(leases[0]);
        await worker.Refuse(leases[1]);
        Assert.Equal((0, 2), (await cluster.Dispatcher.GetStatus().Soon()) is var status ? (status.Running, status.Queued) : default);
    }

    [Fact]
    public async Task Unable_Attempts_GoBackToTheirQueuesUncounted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        var id = await cluster.Submit(new RetryPolicy(1, 1, 1, OnNodeLost: false));
        var other = cluster.Grains.GetGrain<ITaskDispatcherGrain>("other");
        await other.Submit([cluster.Request()]).Soon();
        Assert.True(await worker.Unable(await worker.NextStarts(2)));
        // The node rests for 50 ms; a call makes the dispatchers look at the time.
        cluster.Time.Advance(TimeSpan.FromMilliseconds(50));
        await Task.WhenAll(cluster.Dispatcher.GetStatus(), other.GetStatus()).Soon();
        var again = await worker.NextStarts(2);
        Assert.Equal([1, 1], again.Select(static lease => lease.Attempt));
        Assert.Equal(2, again.Select(static lease => lease.Queue).Distinct().Count());
        Assert.True(await worker.Exit(again.Single(lease => lease.Task == id)));
    }

    [Fact]
    public async Task Command_OfAnEarlierSessionThatNeverReachedTheWorker_IsGivenBackUncounted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        await cluster.Submit();
        await first.Exit(await first.NextStart());
        cluster.Channel.Fails = true;
        var id = await cluster.Submit(new RetryPolicy(1, 1, 1, OnNodeLost: false));
        cluster.Channel.Fails = false;
        var record = Assert.Single(await cluster.Memory.LoadLeased(1, TestContext.Current.CancellationToken));
        var second = await cluster.Worker("n");
        await cluster.Channel.Send("n", new CommandBatch(
            first.Session, [new StartCommand(new LeaseRef(id, GrainCluster.Key, 1, record.Row.Token), "", default, default)], [], []));
        Assert.Equal((id, 1), (await second.NextStart()) is var lease ? (lease.Task, lease.Attempt) : default);
    }

    [Fact]
    public async Task Command_OfAnEarlierSessionThatTheWorkerHad_IsNotGivenBack()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var id = await cluster.Submit();
        var batch = await first.Next();
        var second = await cluster.Worker("n");
        await cluster.Channel.Send("n", batch);
        await cluster.Channel.Send("n", new CommandBatch(second.Session, [], [], []));
        await second.Next();
        Assert.Equal((TaskState.Assigned, 1), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
    }

    [Theory]
    [InlineData(1, 2 << 20)]
    [InlineData(20_000, 0)]
    public async Task Command_TooLargeForTheStream_ReachesTheWorkerAndHoldsNothingUp(int starts, int bytes)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        // A command of its own makes the channel.
        await worker.Exit(await After(cluster.Submit(), worker));
        var start = new StartCommand(new LeaseRef(new TaskId(1, 1), GrainCluster.Key, 1, default), "large", new byte[bytes], default);
        await cluster.Channel.Send("n", new CommandBatch(worker.Session, [.. Enumerable.Repeat(start, starts)], [], []));
        Assert.Equal(starts, (await worker.Next()).Start.Length);
        var id = await cluster.Submit();
        Assert.Equal(id, (await worker.NextStart()).Task);

        static async Task<LeaseRef> After(Task<TaskId> submitted, TestWorker worker)
        {
            await submitted;
            return await worker.NextStart();
        }
    }

    [Fact]
    public async Task Queues_TwoShareANode_EachGetsItsPart()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Send(cluster.Request(50));
        var leases = new Queue<LeaseRef>(await worker.NextStarts(2));
        var other = cluster.Grains.GetGrain<ITaskDispatcherGrain>("other");
        await other.Submit([cluster.Request(50)]).Soon();
        // Its wish is at the node, which asks for a slot; else all of the first queue could be over before.
        await cluster.Arrivals.Of("Reclaim", 1);
        int[] ended = [0, 0];
        for (var i = 0; i < 60; i++)
        {
            while (leases.Count == 0)
                foreach (var start in (await worker.Next()).Start)
                    leases.Enqueue(start.Lease);
            var lease = leases.Dequeue();
            ended[lease.Queue == GrainCluster.Key ? 0 : 1]++;
            await worker.Exit(lease);
        }

        Assert.All(ended, static count => Assert.InRange(count, 12, 48));
    }

    [Fact]
    public async Task Dispatcher_Restarts_TheNodeGoesOn()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Send(cluster.Request(4));
        var leases = await worker.NextStarts(2);
        await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.Send(cluster.Request()));
        Assert.Equal((2, 2), (await cluster.Dispatcher.GetStatus().Soon()) is var status ? (status.Running, status.Queued) : default);
        Assert.Empty((await worker.Beat(leases)).Kill);
        await worker.Exit(leases[0]);
        await worker.Exit(leases[1]);
        Assert.Equal(2, (await worker.NextStarts(2)).Length);
    }
}
