using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What time does to tasks.</summary>
public sealed class TimeTests
{
    private readonly CoreRig rig = new();

    [Fact]
    public void Result_ClockWasSetBackSinceTheAssignment_EndsAfterItStarted()
    {
        rig.Node("n");
        var id = rig.Submit();
        rig.SetClock(-3_600_000);
        rig.Advance(1_000);

        rig.Exit(id);

        Assert.InRange(rig[id].Row.StartedAt, rig.Now - 1_000, rig[id].Row.EndedAt);
    }

    [Fact]
    public void Submit_RunAtToCome_WaitsUntilThen()
    {
        rig.Node("n");
        var id = rig.Submit(runAt: rig.Now + 500);
        Assert.Equal((TaskState.Scheduled, rig.Now + 500), (rig.State(id), rig[id].Row.DueAt));
        Assert.Equal(rig.Now + 500, rig.Core.NextTime);
        rig.Advance(499);
        Assert.Equal(TaskState.Scheduled, rig.State(id));
        rig.Advance(1);
        Assert.Equal(TaskState.Assigned, rig.State(id));
    }

    [Fact]
    public void Submit_RunAtPast_MeansNow()
    {
        rig.Node("n");
        Assert.Equal(TaskState.Assigned, rig.State(rig.Submit(runAt: rig.Now)));
    }

    [Fact]
    public void Expire_NeverStarted_FailsAtItsTime()
    {
        var id = rig.Submit(expiresAt: rig.Now + 100, secret: true);
        rig.Advance(99);
        Assert.Equal(TaskState.Queued, rig.State(id));
        rig.Advance(1);
        Assert.Equal((TaskState.Failed, EndReason.Expired, 0), (rig.State(id), rig[id].Row.Reason, rig[id].Row.Attempt));
        Assert.True(rig[id].SecretsDropped);
    }

    [Fact]
    public void Expire_WhileScheduled_FailsAtItsTime()
    {
        var id = rig.Submit(runAt: rig.Now + 1_000, expiresAt: rig.Now + 100);
        rig.Advance(100);
        Assert.Equal(EndReason.Expired, rig[id].Row.Reason);
        rig.Advance(2_000);
        Assert.Equal(TaskState.Failed, rig.State(id));
    }

    [Fact]
    public void Expire_AtTheMomentASlotComes_IsNotStarted()
    {
        var id = rig.Submit(expiresAt: rig.Now + 100);
        rig.Node("n", credit: 0);
        rig.Advance(99);
        rig.Round((core, draft) =>
        {
            core.Relations.Offer(new(CoreRig.Key, core.Epoch, "n", 1, 99, 1));
            core.Tick(rig.Now + 1, draft);
        });
        Assert.Equal(TaskState.Failed, rig.State(id));
    }

    [Fact]
    public void Expire_AssignedInTime_DoesNotHappen()
    {
        rig.Node("n");
        var id = rig.Submit(expiresAt: rig.Now + 100);
        rig.Advance(200);
        Assert.Equal(TaskState.Assigned, rig.State(id));
        rig.Start(id);
        rig.Node("n", session: 2, credit: 0, treesDead: true);
        rig.Advance(200);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Expire_FailedOnceAndWaitsAgain_DoesNotHappen()
    {
        rig.Node("n");
        var id = rig.Submit(expiresAt: rig.Now + 100, retry: new RetryPolicy(2, 10_000, 10_000, true));
        rig.Exit(id, 1);
        rig.Offer("n", 0);
        rig.Advance(20_000);
        Assert.Equal(TaskState.Queued, rig.State(id));
    }

    [Fact]
    public void Expire_PutBackAfterItsTimeCame_Expires()
    {
        rig.Node("n");
        var id = rig.Submit(expiresAt: rig.Now + 100);
        rig.Offer("n", 0);
        rig.Advance(200);
        rig.Refuse(id);
        rig.Advance(1);
        Assert.Equal(EndReason.Expired, rig[id].Row.Reason);
    }

    [Fact]
    public void Expire_PutBackByANewOwner_Expires()
    {
        rig.Node("n");
        var id = rig.Submit(expiresAt: rig.Now + 100);
        rig.Restart();
        rig.Refuse(id);
        rig.Advance(100);
        Assert.Equal(EndReason.Expired, rig[id].Row.Reason);
    }

    [Fact]
    public void Expire_PutBackManyTimes_IsWatchedOnce()
    {
        // Each refuses a few times before it rests.
        rig.Nodes(3_000);
        var id = rig.Submit(expiresAt: rig.Now + 5_000);
        for (var i = 0; i < 10_000; i++)
            rig.Refuse(id);
        rig.Advance(5_000);
        Assert.Equal(TaskState.Assigned, rig.State(id));
        rig.Refuse(id);
        rig.Advance(1);
        Assert.Equal(EndReason.Expired, rig[id].Row.Reason);
    }

    [Fact]
    public void NextTime_NothingToCome_IsNever()
    {
        var id = rig.Submit();
        rig.Node("n");
        rig.Exit(id);
        rig.Advance(rig.Lease);
        Assert.Equal(long.MaxValue, rig.Core.NextTime);
    }

    [Fact]
    public void Tick_ManyTimesOfTasksThatLeft_AreSweptAndNoneIsLost()
    {
        TaskId[] ids = rig.SubmitMany(6_000, runAt: rig.Now + 10_000);
        rig.Round((core, draft) =>
        {
            foreach (var id in ids.Where((_, i) => i % 3 != 0))
                core.Cancels.Cancel(id, rig.Now, draft);
        });
        TaskId[] more = rig.SubmitMany(6_000, runAt: rig.Now + 10_000);
        rig.Advance(20_000);
        Assert.All(ids.Where((_, i) => i % 3 == 0).Concat(more), id => Assert.Equal(TaskState.Queued, rig.State(id)));
    }
}
