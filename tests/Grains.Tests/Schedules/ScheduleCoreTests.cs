namespace OrleansTasks.Schedules;

/// <summary>
/// What becomes of occurrences, by cases. A schedule has a time every 10 s, counted from its creation; texts name times in
/// seconds since then.
/// </summary>
public sealed class ScheduleCoreTests
{
    private readonly ScheduleRig rig = new();

    private SchedulePlan Plan => ScheduleRig.Every(10_000, rig.Now + 10_000);

    [Fact]
    public void Time_Comes_StartsOnce()
    {
        rig.Create("s", Plan);
        rig.Advance(9_999);
        Assert.Equal("", rig.Text("s"));
        rig.Advance(1);
        Assert.Equal("10open", rig.Text("s"));
        rig.Advance(0);
        rig.Restart();
        rig.Advance(0);
        Assert.Equal("10open", rig.Text("s"));
        Assert.Equal((rig.Now, rig.Now, rig.Now + 10_000), (rig.Row("s").LastAt, rig.Row("s").LastRun, rig.Row("s").NextAt));
    }

    [Theory]
    [InlineData(Overlap.Skip, "10ended 20-30x2skipped 40open")]
    [InlineData(Overlap.Allow, "10ended 20open 30open 40open")]
    [InlineData(Overlap.QueueOne, "10ended 20open 30skipped 40pending")]
    public void Time_WhileAnEarlierOneIsOpen_GoesByOverlap(Overlap overlap, string expected)
    {
        rig.Create("s", Plan with { Overlap = overlap });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.End(rig.Open.First());
        rig.Advance(10_000);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Theory]
    [InlineData(Overlap.Skip, "10open 20skipped")]
    [InlineData(Overlap.QueueOne, "10open 20pending")]
    public void Overlap_AfterARestart_StillHolds(Overlap overlap, string expected)
    {
        rig.Create("s", Plan with { Overlap = overlap });
        rig.Advance(10_000);
        rig.Restart();
        rig.Advance(10_000);
        rig.Restart();
        rig.Advance(0);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Fact]
    public void QueueOne_WhatIsOpenEnds_StartsInTheSameRound()
    {
        rig.Create("s", Plan with { Overlap = Overlap.QueueOne });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Restart();
        rig.End(rig.Open.Single());
        Assert.Equal("10ended 20open", rig.Text("s"));
    }

    [Theory]
    [InlineData(CatchUp.None, 100, "10-50x5missed 60open")]
    [InlineData(CatchUp.One, 100, "10-40x4missed 50open 60skipped")]
    [InlineData(CatchUp.All, 100, "10open 20pending 30pending 40pending 50pending 60skipped")]
    [InlineData(CatchUp.All, 2, "10-30x3missed 40open 50pending 60skipped")]
    public void Times_WhileNobodyLooked_GoByCatchUp(CatchUp catchUp, int limit, string expected)
    {
        rig.Create("s", Plan with { CatchUp = catchUp, CatchUpLimit = limit, StartWithin = 1_000 });
        rig.Pass(60_000);
        rig.Restart();
        rig.Advance(0);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Fact]
    public void CatchUpAll_WithoutOverlap_StartsOneAfterTheOther()
    {
        rig.Create("s", Plan with { CatchUp = CatchUp.All, StartWithin = 1_000 });
        rig.Pass(35_000);
        rig.Advance(0);
        Assert.Equal("10open 20pending 30pending", rig.Text("s"));
        rig.End(rig.Open.Single());
        Assert.Equal("10ended 20open 30pending", rig.Text("s"));
        rig.Restart();
        rig.End(rig.Open.Single());
        rig.End(rig.Open.Single());
        Assert.Equal("10ended 20ended 30ended", rig.Text("s"));
        rig.Advance(5_000);
        Assert.Equal("10ended 20ended 30ended 40open", rig.Text("s"));
    }

    [Fact]
    public void CatchUpAll_WithOverlapAllowed_StartsAllAtOnce()
    {
        rig.Create("s", Plan with { CatchUp = CatchUp.All, Overlap = Overlap.Allow, StartWithin = 1_000 });
        rig.Pass(35_000);
        rig.Advance(0);
        Assert.Equal("10open 20open 30open", rig.Text("s"));
    }

    [Theory]
    [InlineData(60_000, "10open")]
    [InlineData(60_001, "10missed")]
    public void Time_LookedAtLate_IsMissedAfterStartWithin(long late, string expected)
    {
        rig.Create("s", ScheduleRig.Every(1_000_000, rig.Now + 10_000));
        rig.Pass(10_000 + late);
        rig.Advance(0);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Fact]
    public void QueueFull_TimesAreSkipped()
    {
        rig.Create("s", Plan);
        rig.IsFull = true;
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.IsFull = false;
        rig.Advance(10_000);
        Assert.Equal("10-20x2full 30open", rig.Text("s"));
        Assert.Equal(rig.Now, rig.Row("s").LastRun);
    }

    [Fact]
    public void Pause_TimesPassUnrecorded_AndResumeStartsNothingAtOnce()
    {
        rig.Create("s", Plan);
        rig.Advance(5_000);
        rig.Pause("s");
        rig.Advance(25_000);
        rig.Restart();
        rig.Resume("s");
        Assert.Equal("", rig.Text("s"));
        rig.Advance(10_000);
        Assert.Equal("40open", rig.Text("s"));
        Assert.Equal(3, rig.Row("s").Version);
    }

    [Fact]
    public void Pause_WhatWaits_IsSkipped()
    {
        rig.Create("s", Plan with { Overlap = Overlap.QueueOne });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Pause("s");
        rig.End(rig.Open.Single());
        Assert.Equal("10ended 20skipped", rig.Text("s"));
    }

    [Fact]
    public void Replace_CountsFromNow()
    {
        rig.Create("s", Plan);
        rig.Advance(15_000);
        rig.Replace("s", ScheduleRig.Every(7_000, rig.Now - 70_000));
        Assert.Equal("10open", rig.Text("s"));
        rig.End(rig.Open.Single());
        rig.Advance(7_000);
        Assert.Equal("10ended 22open", rig.Text("s"));
    }

    [Fact]
    public void Clock_SetBack_RepeatsNothing()
    {
        rig.Create("s", Plan with { Overlap = Overlap.Allow });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Pass(-3_600_000);
        rig.Advance(0);
        rig.Restart();
        rig.Advance(1_000_000);
        Assert.Equal("10open 20open", rig.Text("s"));
        // Nor does a resume, which counts from now.
        rig.Pause("s");
        rig.Resume("s");
        rig.Advance(0);
        Assert.Equal("10open 20open", rig.Text("s"));
        rig.Advance(2_600_000 + 10_000);
        Assert.Equal("10open 20open 30open", rig.Text("s"));
    }

    [Fact]
    public void Clock_SetForward_WhatWasJumpedOverIsLate()
    {
        rig.Create("s", Plan);
        rig.Pass(3_600_000);
        rig.Advance(0);
        Assert.Equal("10-3530x353missed 3540open 3550-3600x6skipped", rig.Text("s"));
    }

    [Fact]
    public void Trigger_StartsWhateverPauseAndOverlapSay()
    {
        rig.Create("s", Plan, paused: true);
        Assert.NotNull(rig.Trigger("s"));
        Assert.NotNull(rig.Trigger("s"));
        Assert.Equal("0open 0open", rig.Text("s"));
        rig.IsFull = true;
        Assert.Null(rig.Trigger("s"));
        Assert.Equal(2, rig.Of("s").Count());
    }

    [Fact]
    public void Trigger_IsOpenForTimes()
    {
        rig.Create("s", Plan);
        rig.Trigger("s");
        rig.Advance(10_000);
        Assert.Equal("0open 10skipped", rig.Text("s"));
    }

    [Fact]
    public void Backfill_StartsSoManyAtATime_OldestFirst()
    {
        rig.Create("s", ScheduleRig.Every(10_000, rig.Now - 1_000_000), paused: true);
        Assert.Equal((5, 0), rig.Backfill("s", rig.Now - 50_000, rig.Now, parallel: 2));
        Assert.Equal("-50open -40open -30pending -20pending -10pending", rig.Text("s"));
        rig.Restart();
        rig.End(rig.Open.First());
        Assert.Equal("-50ended -40open -30open -20pending -10pending", rig.Text("s"));
        Assert.Equal(0, rig.Row("s").LastRun);
        Assert.Equal(2, rig.CancelBackfill("s"));
        Assert.Equal("-50ended -40open -30open", rig.Text("s"));
    }

    [Fact]
    public void Backfill_LeavesOutWhatWasStarted_UnlessAgain()
    {
        rig.Create("s", Plan with { Overlap = Overlap.Allow });
        rig.Advance(10_000);
        rig.Advance(10_000);
        Assert.Equal((0, 2), rig.Backfill("s", rig.Now - 20_000, rig.Now + 1));
        Assert.Equal((2, 0), rig.Backfill("s", rig.Now - 20_000, rig.Now + 1, again: true));
        Assert.Equal((0, 2), rig.Backfill("s", rig.Now - 20_000, rig.Now + 1));
    }

    [Fact]
    public void Backfill_OfTooMany_ChangesNothing()
    {
        rig.Create("s", ScheduleRig.Every(1_000, rig.Now - 10_000_000), paused: true);
        Assert.Null(rig.Backfill("s", rig.Now - 1_001_000, rig.Now));
        Assert.Empty(rig.Of("s"));
        Assert.Equal((1_000, 0), rig.Backfill("s", rig.Now - 1_000_000, rig.Now, parallel: 100));
        Assert.Equal(100, rig.Open.Count);
    }

    [Fact]
    public void Delete_WhatItStartedMayEnd()
    {
        rig.Create("s", Plan with { Overlap = Overlap.QueueOne });
        rig.Advance(10_000);
        rig.Advance(10_000);
        rig.Delete("s");
        rig.End(rig.Open.Single());
        rig.Advance(100_000);
        Assert.Empty(rig.Open);
        Assert.Equal(0, rig.Core.Count);
    }

    [Fact]
    public void Herd_OfTenThousand_TakesRoundsThatAreBounded()
    {
        var plan = Plan;
        for (var i = 0; i < 10_000; i++)
            rig.Create($"s{i}", plan);
        rig.Advance(10_000);
        Assert.Equal(10_000, rig.Open.Count);
        Assert.Equal(ScheduleRound.MostFirings, rig.LargestRound);
    }

    [Fact]
    public void Times_MissedForADay_AreOneRecord()
    {
        rig.Create("s", ScheduleRig.Every(1_000, rig.Now + 1_000));
        rig.Pass(86_400_000);
        rig.Advance(0);
        var missed = rig.Of("s").First();
        Assert.Equal((OccurrenceOutcome.Missed, 86_339L), (missed.Outcome, missed.Count));
        Assert.Equal(missed.At + 86_338_000, missed.Until);
    }

    [Fact]
    public void Jitter_DelaysEachByAFixedPart_AndNeverPastTheNext()
    {
        rig.Create("s", Plan with { Jitter = 3_600_000, Overlap = Overlap.Allow });
        var delays = new HashSet<long>();
        for (var i = 1; i <= 100; i++)
        {
            var (time, due) = (rig.Row("s").NextAt, rig.Core.Next);
            Assert.InRange(due, time, time + 9_999);
            delays.Add(due - time);
            rig.Restart();
            Assert.Equal(due, rig.Core.Next);
            rig.Advance(due - rig.Now - 1);
            Assert.Equal(i - 1, rig.Open.Count);
            rig.Advance(1);
            Assert.Equal((i, time), (rig.Open.Count, rig.Row("s").LastAt));
        }

        Assert.InRange(delays.Count, 90, 100);
        Assert.Equal(0, ScheduleJitter.Of("s", 5_000, 6_000, 0));
    }

    // The first time of the schedule s, at 10 s, has a jitter of 7,225 ms.
    [Theory]
    [InlineData(10_000, 9_000, "10open")]
    [InlineData(10_000, 0, "10open")]
    [InlineData(5_000, 9_000, "10open 15open")]
    [InlineData(7_000, 9_000, "10skipped")]
    // Keeping the time at 10 s would start four more at once.
    [InlineData(1_000, 0, "10skipped 15open 16open 17open")]
    public void Replace_WhileATimeWaitsForItsJitter_KeepsItOrRecordsIt(long period, long jitter, string expected)
    {
        var start = rig.Now;
        rig.Create("s", Plan with { Jitter = 9_000, Overlap = Overlap.Allow });
        rig.Advance(14_500);
        Assert.Equal("", rig.Text("s"));

        rig.Replace("s", ScheduleRig.Every(period, start) with { Jitter = jitter, Overlap = Overlap.Allow });

        Assert.Equal(expected.Contains("skipped", StringComparison.Ordinal) ? "10skipped" : "", rig.Text("s"));
        rig.Advance(2_724);
        if (expected == "10open")
            Assert.Equal("", rig.Text("s"));
        rig.Advance(1);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Fact]
    public void Replace_WhileATimeWaitsForItsJitter_KeepsItAcrossARestart()
    {
        var plan = Plan with { Jitter = 9_000 };
        rig.Create("s", plan);
        rig.Advance(11_000);

        rig.Replace("s", plan);

        rig.Restart();
        rig.Advance(6_225);
        Assert.Equal("10open", rig.Text("s"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pause_WhileATimeWaitsForItsJitter_SkipsIt(bool byPut)
    {
        var plan = Plan with { Jitter = 9_000 };
        rig.Create("s", plan);
        rig.Advance(11_000);

        if (byPut)
            rig.Replace("s", plan, paused: true);
        else
            rig.Pause("s");

        Assert.Equal("10skipped", rig.Text("s"));
        rig.Resume("s");
        rig.Advance(8_000);
        Assert.Equal("10skipped", rig.Text("s"));
        Assert.Equal(["11skipped"], rig.Told.Where(static one => one.EndsWith("skipped", StringComparison.Ordinal)));
    }
}
