using OrleansTasks.Grains.Tests.Dispatch;

namespace OrleansTasks.Schedules;

/// <summary>A time is started once, by a backfill or by the schedule itself, whichever comes first.</summary>
public sealed class BackfillTests
{
    private readonly ScheduleRig rig = new();

    private SchedulePlan Plan => ScheduleRig.Every(10_000, rig.Now + 10_000);

    [Fact]
    public void TimeThatWaitsForItsJitter_IsLeftOut()
    {
        rig.Create("s", Plan with { Jitter = 3_600_000, Overlap = Overlap.Allow });
        var time = rig.Row("s").NextAt;
        rig.Advance(time - rig.Now);
        Assert.InRange(rig.Core.Next, time + 1, time + 9_999);

        Assert.Equal((0, 1), rig.Backfill("s", time, time + 1));
        Assert.Equal((0, 1), rig.Backfill("s", time, time + 1, again: true));
        rig.Advance(rig.Core.Next - rig.Now);
        Assert.Equal("10open", rig.Text("s"));
    }

    [Fact]
    public void TimeThatWaitsByQueueOne_IsLeftOut_EvenAgain()
    {
        rig.Create("s", Plan with { Overlap = Overlap.QueueOne });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Restart();
        Assert.Equal((0, 2), rig.Backfill("s", rig.Now - 10_000, rig.Now + 1));
        Assert.Equal((1, 1), rig.Backfill("s", rig.Now - 10_000, rig.Now + 1, again: true));
        EndAll();
        Assert.Equal("10ended 10ended 20ended", rig.Text("s"));
    }

    [Fact]
    public void Backfills_AddUp_UntilTenThousandWait()
    {
        var dispatcher = new CoreRig();
        dispatcher.PutSchedule("s", """{"every":"1s","startAt":"1971-01-01T00:00:00Z","paused":true,"task":{"cmd":"true"}}""");
        var start = 31_536_000_000L;
        var replies = Enumerable.Range(0, 13).Select(call => dispatcher.Ask(
            new ScheduleRequest(ScheduleAction.Backfill, "s") { From = start + (call * 1_000_000L), To = start + ((call + 1) * 1_000_000L), Parallel = 1 }).Outcome)
            .ToArray();

        Assert.Equal(ScheduleOutcome.Done, replies[0]);
        Assert.Equal(ScheduleOutcome.QueueFull, replies[^1]);
        Assert.Equal(1, dispatcher.Core.Status.Queued);
    }

    [Fact]
    public void TimesThatNobodyHasLookedAt_AreLeftOut()
    {
        rig.Create("s", Plan with { CatchUp = CatchUp.All, StartWithin = 1_000 });
        rig.Pass(35_000);
        Assert.Equal((0, 3), rig.Backfill("s", rig.Now - 35_000, rig.Now));
        EndAll();
        Assert.Equal("10ended 20ended 30ended", rig.Text("s"));
    }

    [Fact]
    public void LateTimesThatAreNotRecorded_AreLeftOut()
    {
        rig.Create("s", Plan with { CatchUp = CatchUp.All, StartWithin = 1_000 });
        rig.Pass(35_000);
        var small = new ScheduleRound(new ScheduleDraft([]), static () => 0, static (_, _) => null) { Looks = 2 };
        rig.Core.Change(rig.Core.Find("s")!, (schedule, round) => schedule.Look(rig.Now, round), small);
        Assert.Equal((0, 3), rig.Backfill("s", rig.Now - 35_000, rig.Now));
        EndAll();
        Assert.Equal("10ended 20ended 30ended", rig.Text("s"));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(-60_000)]
    public void FullQueue_BackfillWaitsForRoom_AndTriesAgainAfterASecondOrWhenTheClockIsSetBack(long pass)
    {
        rig.Create("s", ScheduleRig.Every(10_000, rig.Now - 1_000_000), paused: true);
        rig.IsFull = true;
        Assert.Equal((3, 0), rig.Backfill("s", rig.Now - 30_000, rig.Now, parallel: 2));
        rig.Advance(0);
        Assert.Equal("-30pending -20pending -10pending", rig.Text("s"));
        Assert.Equal(rig.Now + 1_000, rig.Core.Next);
        rig.IsFull = false;
        rig.Advance(999);
        Assert.Equal("-30pending -20pending -10pending", rig.Text("s"));
        rig.Advance(pass - 999);
        Assert.Equal("-30open -20open -10pending", rig.Text("s"));
    }

    [Fact]
    public void ClockSetBackAfterABackfill_ItsTimesDoNotComeAgain()
    {
        rig.Create("s", Plan with { Overlap = Overlap.Allow }, paused: true);
        rig.Advance(35_000);
        Assert.Equal((3, 0), rig.Backfill("s", rig.Now - 35_000, rig.Now, parallel: 3));
        rig.Pass(-30_000);
        rig.Restart();
        rig.Resume("s");
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Advance(15_000);
        Assert.Equal("10open 20open 30open 40open", rig.Text("s"));
    }

    [Fact]
    public void TimeThatAPauseOfTheSameRoundStarted_IsLeftOut()
    {
        var queue = new CoreRig();
        queue.PutSchedule("s", """{"every":"10s","overlap":"allow","task":{"cmd":"echo"}}""");
        queue.Pass(10_000);
        var backfill = new ScheduleRequest(ScheduleAction.Backfill, "s") { From = queue.Now, To = queue.Now + 1, Parallel = 1 };
        ScheduleReply? reply = null;
        queue.Round((core, draft) =>
        {
            core.Schedules.Ask(new ScheduleRequest(ScheduleAction.Pause, "s"), new HashSet<long>(), queue.Now, draft);
            reply = core.Schedules.Ask(backfill, new HashSet<long>(), queue.Now, draft);
        });
        Assert.Equal((0, 1), (reply!.Accepted, reply.LeftOut));
        Assert.Single(queue.Store.Tasks);
    }

    private void EndAll()
    {
        while (rig.Open.Count > 0)
            rig.End(rig.Open.First());
    }
}
