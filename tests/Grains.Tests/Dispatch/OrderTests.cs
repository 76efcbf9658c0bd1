using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Which task goes first.</summary>
public sealed class OrderTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Match_SeveralPriorities_LargestFirstThenOrderOfAcceptance()
    {
        var low = rig.Submit(priority: 0);
        var first = rig.Submit();
        var high = rig.Submit(priority: 9);
        var second = rig.Submit();
        rig.Node("n", slots: 4);
        Assert.Equal([high, first, second, low], rig.Started);
    }

    [Fact]
    public void Match_OneSlotAtATime_KeepsTheOrder()
    {
        TaskId[] ids = [.. Enumerable.Range(0, 3_000).Select(_ => rig.Submit())];
        rig.Node("n");
        foreach (var id in ids)
        {
            Assert.Equal([id], rig.Started);
            rig.Exit(id);
        }
    }

    [Fact]
    public void Refuse_AssignedTask_ReturnsToItsPlace()
    {
        TaskId[] ids = [rig.Submit(), rig.Submit(), rig.Submit()];
        rig.Node("n", slots: 2);
        Assert.Equal(ids[..2], rig.Started);
        rig.Offer("n", 0);
        rig.Refuse(ids[1]);
        rig.Refuse(ids[0]);
        rig.Offer("n", 3);
        Assert.Equal(ids, rig.Started);
    }

    [Fact]
    public void LoseNode_RunningTask_ReturnsToItsPlaceAsALaterAttempt()
    {
        TaskId[] ids = [rig.Submit(), rig.Submit()];
        rig.Node("n");
        rig.Start(ids[0]);
        rig.Node("n", session: 2, treesDead: true);
        Assert.Equal([ids[0]], rig.Started);
        Assert.Equal(2, rig[ids[0]].Row.Attempt);
    }

    [Fact]
    public void Exit_FailedWithAttemptsLeft_KeepsItsPlaceWhenDue()
    {
        var failing = rig.Submit(retry: new RetryPolicy(2, 100, 100, true));
        rig.Node("n");
        var waiting = rig.Submit();
        rig.Exit(failing, 1);
        Assert.Equal([waiting], rig.Started);
        var later = rig.Submit();
        rig.Advance(100);
        rig.Exit(waiting);
        Assert.Equal([failing], rig.Started);
        rig.Exit(failing);
        Assert.Equal([later], rig.Started);
    }

    [Fact]
    public void Retry_ByHand_GoesToTheEndOfItsPriority()
    {
        var failed = rig.Submit();
        rig.Node("n");
        rig.Exit(failed, 1);
        rig.Offer("n", 0);
        var other = rig.Submit();
        Assert.Equal(ControlOutcome.Changed, rig.Retry(failed));
        rig.Offer("n", 2);
        Assert.Equal([other, failed], rig.Started);
    }

    [Fact]
    public void Tick_ScheduledTaskBecomesDue_TakesItsPlaceByAcceptance()
    {
        var scheduled = rig.Submit(runAt: rig.Now + 1_000);
        var queued = rig.Submit();
        rig.Advance(1_000);
        rig.Node("n", slots: 2);
        Assert.Equal([scheduled, queued], rig.Started);
    }

    [Fact]
    public void Match_TaskThatNoNodeCanRun_DoesNotHoldUpOthers()
    {
        rig.Submit(priority: 9, requires: "gpu=1");
        var plain = rig.Submit(priority: 0);
        rig.Node("n", slots: 2);
        Assert.Equal([plain], rig.Started);
    }

    [Fact]
    public void Match_ManyKindsOfTasks_KeepsTheOrderAcrossKinds()
    {
        TaskId[] ids = [.. Enumerable.Range(0, 30).Select(i => rig.Submit(requires: i % 3 == 0 ? null : $"k={i % 3}"))];
        rig.Node("a", slots: 30, labels: "k=1");
        Assert.Equal(ids.Where((_, i) => i % 3 != 2), rig.Started);
    }
}
