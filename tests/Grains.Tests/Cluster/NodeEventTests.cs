using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Trust;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>What is stored of nodes' states: each change once, whatever is said how often.</summary>
public sealed class NodeEventTests
{
    [Fact]
    public async Task Node_ComesDrainsAndGoes_EachChangeIsStoredOnceByTheTimeItIsAnswered()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await worker.Beat();
        await worker.Beat();
        Assert.Equal(["n ready"], await Stored(cluster));

        await worker.Node.SetDraining(true).Soon();
        await worker.Node.SetDraining(true).Soon();
        Assert.Equal(["n ready", "n draining"], await Stored(cluster));
        await worker.Node.SetDraining(false).Soon();
        await worker.Node.Goodbye(worker.Session).Soon();
        await cluster.Worker("n");

        Assert.Equal(["n ready", "n draining", "n ready", "n gone", "n ready"], await Stored(cluster));
    }

    [Fact]
    public async Task Node_BusyWithTasks_IsNoChange()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        await cluster.Submit();
        var lease = await worker.NextStart();
        await worker.Started(lease);
        await worker.Beat(lease);
        Assert.Equal(NodeState.Busy, (await cluster.Fleet.List().Soon())[0].State);
        await worker.Exit(lease);
        await worker.Beat();

        Assert.Equal(["n ready"], await Stored(cluster));
    }

    [Fact]
    public async Task Node_FallsSilent_IsLostOnceItsLeaseIsOver()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Worker("silent");
        var other = await cluster.Worker("other");
        await Pass(cluster, 7, other);

        Assert.Equal(["silent ready", "other ready", "silent lost"], await Stored(cluster, 3));
    }

    [Fact]
    public async Task Node_FallsSilentLongAfterTheFleetBegan_IsLostOnceItsLeaseIsOver()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var silent = await cluster.Worker("silent");
        var other = await cluster.Worker("other");
        // The nodes that an earlier activation knew have been looked for by then.
        await Pass(cluster, 12, silent, other);
        await Pass(cluster, 8, other);

        Assert.Equal(["silent ready", "other ready", "silent lost"], await Stored(cluster, 3));
    }

    [Fact]
    public async Task Service_ComesBackWithoutANode_TheNodeIsLostAndTheOthersHaveNotChanged()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var registration = new NodeRegistration("i", 1, [], Limits.None, "1", "here", false, [], [], []);
        foreach (var node in new[] { "stays", "lost", "left" })
            await cluster.Nodes.OpenSession(node, registration, 1);
        await cluster.Nodes.Close("left", 1, 2);
        await cluster.NodeEvents.Add([
            new(0, 1, "stays", NodeState.Ready), new(0, 1, "lost", NodeState.Draining), new(0, 1, "left", NodeState.Ready),
            new(0, 1, "forgotten", NodeState.Ready),
        ]);

        var stays = await cluster.Worker("stays");
        await Pass(cluster, 8, stays);

        Assert.Equal(["left gone", "lost lost"], (await Stored(cluster, 6))[4..]);
    }

    [Fact]
    public async Task Service_ComesBackWhileTheEventsAreOutOfReach_LooksForTheLostNodesLater()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var registration = new NodeRegistration("i", 1, [], Limits.None, "1", "here", false, [], [], []);
        await cluster.Nodes.OpenSession("lost", registration, 1);
        await cluster.NodeEvents.Add([new(0, 1, "lost", NodeState.Ready)]);
        cluster.NodeEvents.IsOutOfReach = true;
        var stays = await cluster.Worker("stays");
        await Pass(cluster, 8, stays);
        cluster.NodeEvents.IsOutOfReach = false;
        await Pass(cluster, 2, stays);

        Assert.Equal(["lost ready", "stays ready", "lost lost"], await Stored(cluster, 3));
    }

    [Fact]
    public async Task Disconnect_OfANodeThatIsLost_DoesNotListItAgain()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var silent = await cluster.Worker("silent");
        var other = await cluster.Worker("other");
        await Pass(cluster, 7, other);
        await Stored(cluster, 3);

        await silent.Disconnect();

        Assert.True(await cluster.Fleet.Forget("silent").Soon());
    }

    [Fact]
    public async Task Forget_OnlyWhoReportsNoMore_AndRevokesNothingElse()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        Assert.False(await cluster.Fleet.Forget("n").Soon());
        await worker.Node.Goodbye(worker.Session).Soon();

        Assert.True(await cluster.Fleet.Forget("n").Soon());

        Assert.Empty(await cluster.Fleet.List().Soon());
        Assert.False(await cluster.Fleet.Forget("n").Soon());
        Assert.Equal(["n ready", "n gone"], await Stored(cluster));
    }

    [Fact]
    public async Task Forget_WorkerHasJoinedAndNeverRegistered_RevokesItsCertificate()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var (token, thumbprint) = (new byte[] { 1 }, new byte[] { 2 });
        await cluster.Trust.AddToken(token, TokenTerms.Any, 1, 100);
        await cluster.Trust.AddCertificate(new CertificateRow(thumbprint, "n", "i", 100), token, 1);

        Assert.False(await cluster.Fleet.Forget("other").Soon());
        Assert.True(await cluster.Fleet.Forget("n").Soon());

        Assert.Null(await cluster.Trust.FindCertificate(thumbprint));
        Assert.False(await cluster.Fleet.Forget("n").Soon());
    }

    [Fact]
    public async Task Forget_WorkerWasOnlySilent_ItRegistersAnewAndWorks()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("n");
        var other = await cluster.Worker("other", slots: 0);
        await Pass(cluster, 7, other);

        await Stored(cluster, 3);
        Assert.True(await cluster.Fleet.Forget("n").Soon());

        Assert.False((await worker.Beat()).SessionValid);
        var back = await cluster.Worker("n");
        Assert.Equal(2, back.Session);
        var id = await cluster.Submit();
        Assert.Equal(id, (await back.NextStart()).Task);
    }

    [Fact]
    public async Task Forget_FleetBeganAnew_RefusesAnOpenNodeUntilALeaseIsOver()
    {
        await using var cluster = await GrainCluster.StartAsync();
        await cluster.Worker("n");
        Assert.True(await cluster.Host.Forget(cluster.Fleet));

        Assert.False(await cluster.Fleet.Forget("n").Soon());

        cluster.Time.Advance(new DispatchOptions().Lease + TimeSpan.FromSeconds(1));
        Assert.True(await cluster.Fleet.Forget("n").Soon());
    }

    /// <summary>Time passes, 2 s a round, in each of which only these workers beat.</summary>
    private static async Task Pass(GrainCluster cluster, int rounds, params TestWorker[] beating)
    {
        for (var i = 0; i < rounds; i++)
        {
            cluster.Time.Advance(TimeSpan.FromSeconds(2));
            foreach (var worker in beating)
                await worker.Beat();
            // A heartbeat does not wait until the fleet has heard of it.
            await cluster.Fleet.List().Soon();
        }
    }

    /// <summary>What is stored; waits for so many, as a timer's work goes on by itself.</summary>
    private static async Task<string[]> Stored(GrainCluster cluster, int count = 0)
    {
        for (var i = 0; i < 10_000 && (await cluster.NodeEvents.Position()).Last < count; i++)
            await cluster.Fleet.List().Soon();
        return [.. (await cluster.NodeEvents.Read(0, 100)).Select(static change => $"{change.Node} {change.State.Name()}")];
    }
}
