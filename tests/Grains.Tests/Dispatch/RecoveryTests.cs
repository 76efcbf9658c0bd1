using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a new owner makes of what it reads.</summary>
public sealed class RecoveryTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Load_WaitingTasks_KeepOrderBudgetAndNumbers()
    {
        var low = rig.Submit(priority: 1);
        var high = rig.Submit(priority: 8);
        var failing = rig.Submit(retry: new RetryPolicy(3, 1, 1, true));
        rig.Node("n", credit: 0);
        rig.Restart();
        rig.Offer("n", 1);
        Assert.Equal([high], rig.Started);
        rig.Exit(high);
        rig.Exit(failing, 1);
        rig.Restart();
        Assert.Equal(1, rig[failing].Row.Failures);
        rig.Advance(1);
        rig.Offer("n", 2);
        Assert.Equal([failing], rig.Started.Intersect([failing]));
        Assert.True(rig[rig.Submit()].Row.No > rig[failing].Row.No);
        Assert.NotEqual(TaskState.Scheduled, rig.State(low));
    }

    [Fact]
    public void Load_LeasedTask_GetsAFullTermAndKeepsItsToken()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Advance(rig.Lease - 1);
        rig.Restart();
        rig.Advance(rig.Lease - 1);
        Assert.Equal(TaskState.Running, rig.State(id));
        rig.Exit(id);
        Assert.Equal(TaskState.Succeeded, rig.State(id));
    }

    [Fact]
    public void Load_LeasedTaskNobodySpeaksOf_IsLostAfterAFullTerm()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Restart(withFleet: false);
        rig.Advance(rig.Lease);
        Assert.Equal((TaskState.Queued, 1), (rig.State(id), rig[id].Row.NodeLosses));
    }

    [Fact]
    public void Load_LeasedTaskOfTheSameSession_IsRenewedByList()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Restart();
        Assert.Equal(RenewOutcome.ListNeeded, rig.RenewByDigest("n", 1, id).Outcome);
        rig.RenewByList("n", 1, rig.LeaseOf(id));
        rig.Advance(rig.Heartbeat);
        Assert.Equal(RenewOutcome.Renewed, rig.RenewByDigest("n", 1, id).Outcome);
        rig.Advance(rig.Lease - 1);
        Assert.Equal(TaskState.Running, rig.State(id));
    }

    [Fact]
    public void Load_AssignmentWhoseCommandWasNeverSent_IsSentOnceTheNodeReports()
    {
        rig.Node("n");
        var id = rig.Submit(retry: new RetryPolicy(1, 1, 1, OnNodeLost: false));
        rig.Restart();
        rig.Advance(rig.Heartbeat);
        rig.RenewByList("n", 1);
        Assert.Equal([id], rig.Started);
        rig.Exit(id);
        Assert.Equal((TaskState.Succeeded, 1), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Load_LeaseOfAnOlderSession_IsRequeuedWhenItsTreesAreDead()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.Start(id);
        rig.Restart(withFleet: false);
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal((TaskState.Assigned, 2), (rig.State(id), rig[id].Row.Attempt));
    }

    [Fact]
    public void Load_LeasesTakeUpCredit_NothingIsAssignedBeyondIt()
    {
        rig.Node("n", slots: 2);
        TaskId[] ids = [rig.Submit(), rig.Submit(), rig.Submit()];
        rig.Restart();
        rig.Offer("n", 2);
        Assert.Equal(TaskState.Queued, rig.State(ids[2]));
        rig.Exit(ids[0]);
        Assert.Equal(TaskState.Assigned, rig.State(ids[2]));
    }

    [Fact]
    public void Commit_IsLost_NothingOfTheRoundHappened()
    {
        rig.Node("n");
        var id = rig.Submit();
        var lease = rig.LeaseOf(id);
        rig.Lose((core, draft) => core.Reports.Take(
            new NodeReport("n", 1, [], [CoreRig.Result(lease, EndReason.Exit, 0)], []), rig.Now, draft));
        Assert.Equal(TaskState.Assigned, rig.State(id));
        rig.End(lease, EndReason.Exit, 0);
        Assert.Equal(TaskState.Succeeded, rig.State(id));
    }

    [Fact]
    public void Horizon_WhileReading_OnlyWhatIsKnownToComeFirstIsAssigned()
    {
        TaskId[] ids = [.. new[] { 9, 9, 5, 5, 5, 1 }.Select(priority => rig.Submit(priority: priority))];
        rig.Node("n", slots: 9, credit: 0);
        OpenTask[] stored = [.. rig.Store.Waiting];
        var core = new DispatchCore(CoreRig.Key, 2, rig.Store.LastNo, rig.Options, new SeededRandomness(1));
        core.SetHorizon(10, 0);
        var draft = new CommitDraft();
        rig.TellFleet(core, draft);
        core.Relations.Offer(new SlotOffer(CoreRig.Key, 2, "n", 1, 99, 9));
        core.Accept(new SubmitRequest([rig.Submission(priority: 9)], null, null), null, rig.Now, draft);
        Assert.Empty(Match(core));
        foreach (var task in stored[..3])
            core.Load(task, rig.Now);
        core.SetHorizon(stored[2].Priority, stored[2].Row.Order);
        var started = Match(core);
        Assert.Equal(ids[..2], started[..2]);
        Assert.Equal(ids[2], started[^1]);
        Assert.Equal(4, started.Length);
        foreach (var task in stored[3..])
            core.Load(task, rig.Now);
        core.ClearHorizon();
        Assert.Equal(ids[3..], Match(core));
    }

    [Fact]
    public void Load_Twice_IsOnce()
    {
        var id = rig.Submit();
        var stored = rig[id].Open;
        rig.Restart();
        rig.Core.Load(stored, rig.Now);
        Assert.Equal(1, rig.Core.Status.Queued);
    }

    private TaskId[] Match(DispatchCore core)
    {
        var draft = new CommitDraft();
        core.Match(rig.Now, draft);
        return [.. draft.Commands.SelectMany(static commands => commands.Start).Select(static start => start.Lease.Task)];
    }
}
