using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a node's next session, or what is said of it, means for the attempts of the one before.</summary>
public sealed class SessionTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void NewSession_TreesDead_RequeuesAtOnce()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Assigned, 2), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void NewSession_TreesOfOneSessionAreDead_RequeuesWhatIsOfIt()
    {
        rig.Node("n", slots: 3);
        var earlier = rig.Submit();
        rig.Start(earlier);
        rig.Node("n", session: 2, slots: 3);
        var later = rig.Submit();
        rig.Start(later);
        rig.Node("n", session: 3, slots: 3);
        rig.SessionBegan("n", new SessionStart(3, TreesDead: false, RunSessions: [], Held: [], DeadSessions: [2]));
        Assert.Equal((TaskState.Running, 1), (rig.State(earlier), rig[earlier].Row.Attempt));
        Assert.Equal((TaskState.Assigned, 2), (rig.State(later), rig[later].Row.Attempt));
    }

    [Fact]
    public void NewSession_TreesMayLive_WaitsForTheLapseAndKeepsTheSlot()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Node("n", session: 2);
        var other = rig.Submit();
        Assert.Equal((TaskState.Running, TaskState.Queued), (rig.State(id), rig.State(other)));
        rig.Advance(rig.Lease);
        Assert.Equal((TaskState.Assigned, 2), (rig.State(id), rig[id].Row.Attempt));
        rig.Exit(id);
        Assert.Equal(TaskState.Assigned, rig.State(other));
    }

    [Fact]
    public void NewSession_WorkerStillHasIt_IsAdoptedAndWrittenDown()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.RenewByList("n", 2, rig.LeaseOf(id));
        Assert.Equal(2, rig[id].Row.NodeSession);
        rig.Node("n", session: 2, treesDead: true);
        rig.Restart();
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Running, 1), (rig.State(id), rig[id].Row.Attempt));
        rig.Exit(id);
        Assert.Equal(TaskState.Succeeded, rig.State(id));
    }

    [Fact]
    public void NewSession_SameRunWithoutWhatNeverStarted_PutsItBackAtOnceUncounted()
    {
        rig.Node("n", slots: 2);
        var (runs, never) = (rig.Submit(), rig.Submit(retry: new RetryPolicy(1, 1, 1, OnNodeLost: false)));
        rig.Start(runs);
        rig.Restart(withFleet: false);
        rig.Node("n", slots: 2, session: 2, credit: 0, since: 1, held: rig.LeaseOf(runs));
        Assert.Equal((TaskState.Running, 1), (rig.State(runs), rig[runs].Row.Attempt));
        Assert.Equal((TaskState.Queued, 0, 0), (rig.State(never), rig[never].Row.Attempt, rig[never].Row.NodeLosses));
        rig.RenewByList("n", 2, rig.LeaseOf(runs));
        rig.Exit(runs);
        Assert.Equal(TaskState.Succeeded, rig.State(runs));
    }

    [Fact]
    public void NewSession_SameRunWithoutWhatRan_LosesItAtOnce()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Node("n", session: 2, since: 1);
        Assert.Equal((TaskState.Assigned, 2, 1), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.NodeLosses));
    }

    [Theory]
    [InlineData(false, 1, TaskState.Assigned)]
    [InlineData(true, 2, TaskState.Assigned)]
    public void NewSession_LaterRun_VouchesForItsOwnSessionsAlone(bool treesDead, int attempt, TaskState state)
    {
        rig.Node("n", session: 1);
        var id = rig.Submit();
        rig.Node("n", session: 3, since: 2, treesDead: treesDead);
        Assert.Equal((state, attempt), (rig.State(id), rig[id].Row.Attempt));
        Assert.Equal(treesDead ? 3 : 1, rig[id].Row.NodeSession);
    }

    [Fact]
    public void NewSession_RegistrationOfAnEarlierRunWasLate_WhatThatOneRanIsNotTakenForNeverStarted()
    {
        rig.Node("n", session: 1);
        var id = rig.Submit();
        // The earlier run has it, and has not told its start; the later one opened session 2, and heard of 4.
        rig.RenewByList("n", 3, rig.LeaseOf(id));
        rig.Node("n", session: 4, accepts: false);
        rig.SessionBegan("n", new SessionStart(4, TreesDead: false, RunSessions: [2], Held: [], DeadSessions: [2]));
        Assert.Equal((TaskState.Assigned, 1, 3), (rig.State(id), rig[id].Row.Attempt, rig[id].Row.NodeSession));
        rig.Advance(rig.Lease);
        Assert.Equal((TaskState.Queued, 1), (rig.State(id), rig[id].Row.NodeLosses));
    }

    [Fact]
    public void SessionBegan_AfterTheNextOne_SaysNothingOfWhatThatOneHas()
    {
        rig.Node("n", slots: 2);
        var id = rig.Submit();
        rig.Start(id);
        rig.RenewByList("n", 3, rig.LeaseOf(id));
        rig.SessionBegan("n", new SessionStart(2, TreesDead: true, RunSessions: [1], Held: [], DeadSessions: []));
        Assert.Equal((TaskState.Running, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Question_NoAnswer_IsAskedAgainAfterAWhile()
    {
        rig.Node("n");
        rig.Submit();
        rig.Node("n", session: 2);
        Tell();
        Assert.Equal([("n", 2)], rig.Core.Relations.TakeQuestions());
        Tell();
        Assert.Empty(rig.Core.Relations.TakeQuestions());
        rig.Advance(5_000);
        Tell();
        Assert.Equal([("n", 2)], rig.Core.Relations.TakeQuestions());
        rig.SessionBegan("n", new SessionStart(2, TreesDead: false, RunSessions: [], Held: [], DeadSessions: []));
        rig.Advance(5_000);
        Tell();
        Assert.Empty(rig.Core.Relations.TakeQuestions());
    }

    [Fact]
    public void Fleet_OlderDescriptionWithDeadTrees_DoesNotTouchALaterSession()
    {
        rig.Node("n", session: 3);
        var id = rig.Submit();
        rig.Start(id);
        rig.Restart(withFleet: false);
        Tell();
        Assert.Empty(rig.Core.Relations.TakeQuestions());
        rig.SessionBegan("n", new SessionStart(2, TreesDead: true, RunSessions: [], Held: [], DeadSessions: []));
        Assert.Equal((TaskState.Running, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    /// <summary>The fleet tells of the node's session 2, which can be asked what is left of earlier ones.</summary>
    private void Tell()
    {
        var node = new FleetNode("n", 2, 1, [], Limits.None, true, KnowsEarlier: true);
        rig.Round((core, _) => core.Relations.FleetChanged(new FleetSnapshot(1_000, [node], true), rig.Now));
    }
}
