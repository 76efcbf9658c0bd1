using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Which node a task goes to.</summary>
public sealed class NodeChoiceTests
{
    private readonly CoreRig rig = new();

    [Theory]
    [InlineData("gpu=1", "gpu=1", Limits.None, Limits.None, true)]
    [InlineData("gpu=1", "gpu=1,zone=b", Limits.None, Limits.None, true)]
    [InlineData("gpu=1", "gpu=2", Limits.None, Limits.None, false)]
    [InlineData("gpu=1,zone=a", "gpu=1", Limits.None, Limits.None, false)]
    [InlineData("gpu=1", null, Limits.None, Limits.None, false)]
    [InlineData(null, null, Limits.Memory, Limits.Memory | Limits.CpuTime, true)]
    [InlineData(null, null, Limits.Memory | Limits.Processes, Limits.Memory, false)]
    [InlineData("gpu=1", "gpu=1", Limits.OpenFiles, Limits.None, false)]
    public void Match_RequiresAndLimits_OnlyWhereTheyAreMet(
        string? requires, string? labels, Limits limits, Limits enforces, bool isMet)
    {
        var id = rig.Submit(requires: requires, limits: limits);
        rig.Node("n", labels: labels, enforces: enforces);
        Assert.Equal(isMet ? TaskState.Assigned : TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Match_NodesOfSeveralSizes_LowestShareOfSlotsFirst()
    {
        rig.Node("big", slots: 4);
        rig.Node("small", slots: 2);
        string[] nodes = [.. Enumerable.Range(0, 6).Select(_ => rig[rig.Submit()].Row.Node!)];
        Assert.Equal(["big", "small", "big", "big", "small", "big"], nodes);
    }

    [Fact]
    public void Match_EquallyLoadedNodes_LongestIdleFirst()
    {
        rig.Node("a");
        rig.Node("b");
        var onA = rig.Submit();
        var onB = rig.Submit();
        rig.Advance(10);
        rig.Exit(onB);
        rig.Advance(10);
        rig.Exit(onA);
        Assert.Equal("b", rig[rig.Submit()].Row.Node);
    }

    [Fact]
    public void Match_RoundRobin_GoesAroundTheRingByIdWhateverTheLoad()
    {
        rig.Core.Configure(new QueueSettings("default", Placement.RoundRobin), rig.Now);
        rig.Node("c", slots: 9);
        rig.Node("a", slots: 2);
        rig.Node("b", slots: 2);
        string[] nodes = [.. Enumerable.Range(0, 8).Select(_ => rig[rig.Submit()].Row.Node!)];
        Assert.Equal(["a", "b", "c", "a", "b", "c", "c", "c"], nodes);
    }

    [Fact]
    public void Match_RoundRobin_PassesOverNodesThatWouldNotDo()
    {
        rig.Core.Configure(new QueueSettings("default", Placement.RoundRobin), rig.Now);
        rig.Node("a", slots: 5, labels: "gpu=1");
        rig.Node("b", slots: 5);
        rig.Node("c", slots: 5, labels: "gpu=1");
        string[] nodes = [.. Enumerable.Range(0, 3).Select(_ => rig[rig.Submit(requires: "gpu=1")].Row.Node!)];
        Assert.Equal(["a", "c", "a"], nodes);
        Assert.Equal("b", rig[rig.Submit()].Row.Node);
    }

    [Fact]
    public void Match_RoundRobin_NodeLeavesTheRing_TheNextOneFollows()
    {
        rig.Core.Configure(new QueueSettings("default", Placement.RoundRobin), rig.Now);
        foreach (var node in new[] { "a", "b", "c" })
            rig.Node(node, slots: 5);
        Assert.Equal("a", rig[rig.Submit()].Row.Node);
        rig.NodeGone("a");
        Assert.Equal("b", rig[rig.Submit()].Row.Node);
        rig.NodeGone("b");
        rig.Node("a", slots: 5);
        Assert.Equal(["c", "a", "c"], Enumerable.Range(0, 3).Select(_ => rig[rig.Submit()].Row.Node!));
    }

    [Fact]
    public void Demands_RoundRobin_EveryNodeWithAFreeSlotIsAskedThoughNothingWaits()
    {
        rig.Core.Configure(new QueueSettings("default", Placement.RoundRobin), rig.Now);
        rig.Node("a", slots: 2);
        for (var i = 0; i < 9; i++)
            rig.Node($"n{i}", slots: 2, credit: 0);
        rig.Submit();
        Assert.Equal(9, rig.Core.TakeDemands(rig.Now).Count);
        rig.Submit();
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void Match_NodeDrains_GetsNothingAndGoesOnWithWhatItHas()
    {
        rig.Node("n", slots: 2);
        var running = rig.Submit();
        rig.Node("n", slots: 2, accepts: false);
        var waiting = rig.Submit();
        Assert.Equal(TaskState.Queued, rig.State(waiting));
        rig.Exit(running);
        Assert.Equal(TaskState.Succeeded, rig.State(running));
        Assert.Equal(TaskState.Queued, rig.State(waiting));
    }

    [Fact]
    public void Match_NodeLeftTheFleet_GetsNothing()
    {
        rig.Node("n");
        rig.NodeGone("n");
        Assert.Equal(TaskState.Queued, rig.State(rig.Submit()));
    }

    [Fact]
    public void Match_NewSessionNotDescribedYet_WaitsForItsLabels()
    {
        rig.Node("n", labels: "gpu=1");
        rig.RenewByDigest("n", 2);
        var id = rig.Submit(requires: "gpu=1");
        rig.Offer("n", 1, session: 2);
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Node("n", labels: "gpu=2", session: 2);
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Node("n", labels: "gpu=1", session: 3);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Match_StartCommand_CarriesTheSpecWhenItIsNew()
    {
        rig.Node("n");
        var id = rig.Submit(secret: true);
        var start = Assert.Single(Assert.Single(rig.Last.Commands).Start);
        Assert.Equal(rig.LeaseOf(id), start.Lease);
        Assert.Equal("{}"u8.ToArray(), start.Spec.ToArray());
        Assert.False(start.SecretEnv.IsEmpty);
        Assert.Equal([TaskState.Queued, TaskState.Assigned], rig[id].History);
        Assert.Single(rig.Last.Writes);
    }
}
