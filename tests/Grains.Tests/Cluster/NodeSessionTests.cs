using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>Sessions of nodes: how they begin, what follows on an earlier one, and how they end.</summary>
public sealed class NodeSessionTests
{
    [Fact]
    public async Task Register_AnotherInstanceOfTheName_IsRefusedWhileItIsLeased()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n", instance: "one");
        var second = new TestWorker(cluster, "n", "two");
        var refused = await second.Register();
        Assert.Equal((RegistrationOutcome.NameTaken, 0), (refused.Outcome, refused.Lease));
        Assert.True((await first.Beat()).SessionValid);
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(RegistrationOutcome.Accepted, (await second.Register()).Outcome);
        Assert.False((await first.Beat()).SessionValid);
    }

    [Fact]
    public async Task Register_AnotherInstanceAndNothingHeardSinceAnActivation_IsToldHowLongToTry()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Worker("n", instance: "one");
        await cluster.Host.Deactivate();
        var second = new TestWorker(cluster, "n", "two");

        var refused = await second.Register();
        cluster.Time.Advance(TimeSpan.FromMilliseconds(refused.Lease));

        Assert.Equal((RegistrationOutcome.NameTaken, 10_000), (refused.Outcome, refused.Lease));
        Assert.Equal(RegistrationOutcome.Accepted, (await second.Register()).Outcome);
    }

    [Fact]
    public async Task InstanceOf_LatestSession_IsTheInstanceThatOpenedIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n", instance: "one");
        Assert.Equal("one", await first.Node.InstanceOf(first.Session).Soon());
        Assert.Null(await first.Node.InstanceOf(first.Session + 1).Soon());
        await cluster.Host.Deactivate();
        Assert.Equal("one", await first.Node.InstanceOf(first.Session).Soon());

        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        var second = await cluster.Worker("n", instance: "two");

        Assert.Equal("two", await second.Node.InstanceOf(second.Session).Soon());
        Assert.Null(await second.Node.InstanceOf(first.Session).Soon());
    }

    [Fact]
    public async Task Register_SaysLoadAndMemory_ShownUntilAHeartbeatSaysOthers()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var node = cluster.Grains.GetGrain<INodeGrain>("n");
        var registration = new NodeRegistration("i", 1, [], Limits.None, "1", "here", true, [], [], [], Load: 0.5, MemoryBytes: 7);
        var session = (await node.Register(registration).Soon()).Session;
        var registered = Assert.Single(await cluster.Fleet.List().Soon());
        await node.ReportStatus(new NodeStatus(session, [], 1.5, 8)).Soon();
        var reported = Assert.Single(await cluster.Fleet.List().Soon());

        Assert.Equal((0.5, 7), (registered.Load, registered.MemoryBytes));
        Assert.Equal((1.5, 8), (reported.Load, reported.MemoryBytes));
    }

    [Fact]
    public async Task ReportStatus_NamesOneMoreWayToIsolate_IsShownAndStoredAndNoHeartbeatTakesItAway()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var node = cluster.Grains.GetGrain<INodeGrain>("n");
        var registration = new NodeRegistration("i", 1, [], Limits.Memory | Limits.Sandbox, "1", "here", true, [], [], []);
        var session = (await node.Register(registration).Soon()).Session;
        Assert.Equal(registration.Enforces, Assert.Single(await cluster.Fleet.List().Soon()).Enforces);

        await node.ReportStatus(new NodeStatus(session, [], 0, 0) { Isolates = Limits.Sandbox | Limits.Container }).Soon();
        await node.ReportStatus(new NodeStatus(session, [], 0, 0)).Soon();

        var all = Limits.Memory | Limits.Sandbox | Limits.Container;
        Assert.Equal(all, Assert.Single(await cluster.Fleet.List().Soon()).Enforces);
        Assert.Equal((session, all), (await cluster.Nodes.Get("n")) is { } row ? (row.Session, row.Enforces) : default);
    }

    [Fact]
    public async Task ReportStatus_OfAnEarlierSession_GivesTheNewOneNoWayToIsolate()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        await cluster.Worker("n");

        Assert.False((await first.BeatThatIsolates(Limits.Container)).SessionValid);

        Assert.Equal(Limits.None, Assert.Single(await cluster.Fleet.List().Soon()).Enforces);
        Assert.Equal(Limits.None, (await cluster.Nodes.Get("n"))!.Enforces);
    }

    [Fact]
    public async Task Register_TwoInstancesAtOnce_OneIsRefused()
    {
        await using var cluster = await GrainCluster.StartAsync();
        TestWorker[] workers = [.. Enumerable.Range(0, 4).Select(i => new TestWorker(cluster, "n", $"{i}"))];
        var replies = await Task.WhenAll(workers.Select(static worker => worker.Register()));
        Assert.Single(replies, static reply => reply.Outcome == RegistrationOutcome.Accepted);
    }

    [Fact]
    public async Task Register_SameInstanceAgain_TheNewestSessionWins()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var second = await cluster.Worker("n");
        Assert.True(second.Session > first.Session);
        Assert.Equal(second.Session, await first.Closed.Task.Soon());
        Assert.False((await first.Beat()).SessionValid);
        Assert.False(await first.Node.Report(first.Session, [], [], []).Soon());
        Assert.False(await first.Node.Connect(first.Session, null!).Soon());
    }

    [Fact]
    public async Task Register_WorkerStillRuns_KeepsItsAttempt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var id = await cluster.Submit();
        var lease = await first.NextStart();
        await first.Started(lease);
        var again = await cluster.Worker("n", running: lease);
        Assert.Empty((await again.Beat(lease)).Kill);
        Assert.True(await again.Exit(lease));
        Assert.Equal((TaskState.Succeeded, 1), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
    }

    [Fact]
    public async Task Register_TreesOfTheEarlierSessionAreDead_RequeuesAtOnce()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var id = await cluster.Submit();
        await first.Started(await first.NextStart());
        var second = await cluster.Worker("n", treesDead: true);
        var lease = await second.NextStart();
        Assert.Equal((id, 2), (lease.Task, lease.Attempt));
    }

    [Fact]
    public async Task Register_TreesOfTheEarlierSessionAloneAreDead_RequeuesAtOnce()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var id = await cluster.Submit();
        await first.Started(await first.NextStart());
        var second = new TestWorker(cluster, "n", "i");
        await second.Register(deadSession: first.Session);
        await second.Connect();
        var lease = await second.NextStart();
        Assert.Equal((id, 2), (lease.Task, lease.Attempt));
    }

    [Fact]
    public async Task Register_SameRunDoesNotHaveWhatItWasNeverSent_PutsItBackAtOnceAndKeepsTheRest()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n", slots: 2);
        var runs = await cluster.Submit();
        var kept = await first.NextStart();
        await first.Started(kept);
        var never = await cluster.Submit();
        await first.NextStart();
        var again = await cluster.Worker("n", slots: 2, since: first.Session, running: kept);
        var lease = await again.NextStart();
        Assert.Equal((never, 1), (lease.Task, lease.Attempt));
        Assert.True(await again.Exit(kept));
        Assert.True(await again.Exit(lease));
        Assert.Equal((TaskState.Succeeded, 1), ((await cluster.Get(runs)).State, (await cluster.Get(runs)).Attempt));
        Assert.Equal((TaskState.Succeeded, 1), ((await cluster.Get(never)).State, (await cluster.Get(never)).Attempt));
    }

    [Fact]
    public async Task BeganWith_SessionIsOverAgain_StillTellsItsQueue()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        await cluster.Submit();
        var lease = await first.NextStart();
        var again = await cluster.Worker("n", treesDead: true, since: first.Session, running: lease);
        await again.Node.Goodbye(again.Session).Soon();
        var start = await again.Node.BeganWith(again.Session, GrainCluster.Key).Soon();
        Assert.Equal((true, first.Session), (start!.TreesDead, Assert.Single(start.RunSessions)));
        Assert.Empty(start.DeadSessions);
        Assert.Equal([lease], start.Held);
        Assert.Empty((await again.Node.BeganWith(again.Session, "other").Soon())!.Held);
        Assert.Null(await again.Node.BeganWith(first.Session, GrainCluster.Key).Soon());
    }

    [Fact]
    public async Task Register_LateRequestOfAnEarlierStart_TakesNothingFromTheRunningWorker()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var id = await cluster.Submit();
        var lease = await worker.NextStart();
        await worker.Started(lease);
        var late = new TestWorker(cluster, "n", "i");
        await late.Register(treesDead: true);
        await cluster.Dispatcher.FleetChanged(await cluster.Fleet.Subscribe(GrainCluster.Key, 0).Soon()).Soon();
        Assert.Equal((TaskState.Running, 1), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
        Assert.False((await worker.Beat(lease)).SessionValid);
        var again = await cluster.Worker("n", running: lease);
        Assert.True(await again.Exit(lease));
        Assert.Equal(TaskState.Succeeded, (await cluster.Get(id)).State);
    }

    [Fact]
    public async Task Silence_LongerThanALease_RequeuesOnAnotherNode()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var lost = await cluster.Worker("lost");
        var id = await cluster.Submit();
        await lost.Started(await lost.NextStart());
        var other = await cluster.Worker("other");
        for (var i = 0; i < 6; i++)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(2));
            await other.Beat();
        }

        var lease = await other.NextStart();
        Assert.Equal((id, 2), (lease.Task, lease.Attempt));
        Assert.Equal(NodeState.Lost, (await cluster.Fleet.List().Soon()).Single(static node => node.Id == "lost").State);
        Assert.False((await lost.Beat()).SessionValid);
    }

    [Fact]
    public async Task Silence_LongerThanALease_TheNodeIsShownWithItsLastReport()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        cluster.Time.Advance(TimeSpan.FromSeconds(4));
        await worker.Beat();
        var reported = (await cluster.Fleet.List().Soon())[0].LastReportAt;
        Assert.True(reported >= (await cluster.Nodes.Get("n"))!.SeenAt + 4_000, "It is not the beginning of the session.");

        NodeView lost;
        do
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(2));
            lost = (await cluster.Fleet.List().Soon())[0];
        }
        while (lost.State != NodeState.Lost);

        Assert.Equal(reported, lost.LastReportAt);
    }

    [Fact]
    public async Task SessionOver_TheAnswerIsLost_TheNextHeartbeatSaysItAgain()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var id = await cluster.Submit();
        await worker.NextStart();
        var feed = await cluster.Listen();
        cluster.Time.Advance(TimeSpan.FromSeconds(10));
        await feed.Until(id, TaskState.Queued);
        Assert.Equal(1, (await cluster.Dispatcher.GetStatus().Soon()).Queued);
        Assert.False((await worker.Beat()).SessionValid);
        Assert.False((await worker.Beat()).SessionValid);
        Assert.False(await worker.Node.Report(worker.Session, [], [], []).Soon());
        var again = await cluster.Worker("n");
        Assert.Equal(2, (await again.NextStart()).Attempt);
    }

    [Fact]
    public async Task Goodbye_WithAnAttempt_PutsItBackAtOnceUncounted()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var leaving = await cluster.Worker("leaving");
        var id = await cluster.Submit(new RetryPolicy(1, 1, 1, OnNodeLost: false));
        await leaving.NextStart();
        await leaving.Node.Goodbye(leaving.Session).Soon();
        Assert.Equal((TaskState.Queued, 0), ((await cluster.Get(id)).State, (await cluster.Get(id)).Attempt));
        Assert.Equal(NodeState.Gone, (await cluster.Fleet.List().Soon())[0].State);
        var other = await cluster.Worker("other");
        Assert.Equal(id, (await other.NextStart()).Task);
    }

    [Fact]
    public async Task Goodbye_FirstCallToANewActivation_ClosesTheSession()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        Assert.True(await cluster.Host.Forget(worker.Node));

        await worker.Node.Goodbye(worker.Session).Soon();

        Assert.True((await cluster.Nodes.Get("n"))!.Gone);
        Assert.Equal(NodeState.Gone, (await cluster.Fleet.List().Soon())[0].State);
    }

    [Fact]
    public async Task Deactivated_EndsTheStream_SoThatTheWorkerRegistersAtOnce()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Host.Deactivate();
        Assert.Equal(worker.Session, await worker.Closed.Task.Soon());
        Assert.False((await worker.Beat()).SessionValid);
    }

    [Fact]
    public async Task FleetDeactivated_AmongSilos_ItsSuccessorKnowsTheNodesAtOnce()
    {
        await using var cluster = await GrainCluster.StartAsync(
            static options => options.ProofTerm = TimeSpan.FromSeconds(5));
        var worker = await cluster.Worker("n");
        Assert.NotEqual(NodeState.Lost, await State());
        await cluster.Host.Deactivate();
        await worker.Closed.Task.Soon();
        // No heartbeat follows: what the successor knows, it was handed.
        await Listed().Soon();

        async Task<NodeState> State() => Assert.Single(await cluster.Fleet.List().Soon()).State;

        async Task Listed()
        {
            while (await State() == NodeState.Lost)
                await Task.Yield();
        }
    }

    [Fact]
    public async Task Goodbye_OfAnEarlierSession_ClosesNothing()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var first = await cluster.Worker("n");
        var second = await cluster.Worker("n");

        await first.Node.Goodbye(first.Session).Soon();

        Assert.False((await cluster.Nodes.Get("n"))!.Gone);
        Assert.True((await second.Beat()).SessionValid);
    }

    [Fact]
    public async Task ReportStatus_LeavingWhileACommitHangs_IsAnswered()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n", slots: 2);
        await cluster.Submit();
        var lease = await worker.NextStart();
        var status = new NodeStatus(worker.Session, [lease], 0, 0, Leaving: true);
        Assert.True((await worker.Node.ReportStatus(status).Soon()).SessionValid);
        cluster.Gate.Close("Commit");
        var stuck = cluster.Dispatcher.Submit([cluster.Request()]);
        await cluster.Gate.Reached.Soon();

        Assert.True((await worker.Node.ReportStatus(status).Soon()).SessionValid);

        cluster.Gate.Open();
        await stuck.Soon();
    }
}
