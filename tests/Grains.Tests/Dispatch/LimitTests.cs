using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What an operator allows a queue: pause, running tasks, starts a second, depth.</summary>
public sealed class LimitTests
{
    private static readonly QueueSettings Defaults = QueueSettings.DefaultOf(QueueSettings.DefaultQueue);
    private readonly CoreRig rig = new();

    [Fact]
    public void Pause_NothingIsAssignedUntilItEnds_WhatRunsGoesOn()
    {
        rig.Node("n", slots: 2);
        var running = rig.Submit();
        rig.Configure(Defaults with { Paused = true });

        var waiting = rig.Submit();
        rig.Exit(running);

        Assert.Equal((TaskState.Succeeded, TaskState.Queued), (rig.State(running), rig.State(waiting)));
        Assert.Equal(["queue-paused"], Codes(waiting));
        Assert.Equal(["not-before", "queue-paused"], Codes(rig.Submit(runAt: rig.Now + 1_000)));
        rig.Configure(Defaults);
        Assert.Equal(TaskState.Assigned, rig.State(waiting));
    }

    [Fact]
    public void Pause_AfterARestart_StillHolds()
    {
        rig.Node("n");
        rig.Configure(Defaults with { Paused = true });
        var task = rig.Submit();

        rig.Restart();
        rig.Offer("n", 1);

        Assert.Equal(TaskState.Queued, rig.State(task));
    }

    [Fact]
    public void MaxRunning_NoMoreThanThat_AlsoAfterARestart()
    {
        rig.Node("n", slots: 10);
        rig.Configure(Defaults with { MaxRunning = 2 });
        var tasks = rig.SubmitMany(5);
        Assert.Equal(tasks[..2], rig.Started);
        rig.Restart();
        rig.Offer("n", 10);
        Assert.Empty(rig.Started);
        var reasons = rig.Core.Waits.Of(tasks[2]).Reasons;
        Assert.Equal(("max-running", 2), (reasons[0].Code, reasons[0].Count));

        rig.Exit(tasks[0]);
        Assert.Equal([tasks[2]], rig.Started);
        rig.Configure(Defaults with { MaxRunning = 1 });
        rig.Exit(tasks[1]);

        Assert.Equal((TaskState.Assigned, 1), (rig.State(tasks[2]), rig.Core.Status.Running));
        Assert.Empty(rig.Started);
    }

    [Fact]
    public void Rate_NoNodeHasRoom_TheNextStartIsWatchedAllTheSame()
    {
        rig.Node("n", slots: 8, credit: 1);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 1 });
        var tasks = rig.SubmitMany(3);
        rig.Start(tasks[0]);
        rig.Core.TakeDemands(rig.Now);
        rig.Pass(50);
        rig.Core.TakeDemands(rig.Now);

        Assert.Equal(rig.Now + 950, rig.Core.NextTime);

        rig.Advance(950);
        Assert.Equal(1, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    [Fact]
    public void Why_SeveralLimitsHold_NamesEach()
    {
        rig.Node("n", slots: 8);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 1, MaxRunning = 1 });
        var tasks = rig.SubmitMany(2);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 1, MaxRunning = 1, Paused = true });
        Assert.Equal(["queue-paused", "max-running", "rate-limited"], Codes(tasks[1]));
    }

    [Fact]
    public void Rate_GivenBackAfterOthersHaveStarted_CountsAsAStart()
    {
        rig.Node("n", slots: 10);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 2 });
        var tasks = rig.SubmitMany(10);
        rig.Advance(2_000);
        Assert.Equal(tasks[2..4], rig.Started);

        rig.Refuse(tasks[0], tasks[1]);

        Assert.Empty(rig.Started);
    }

    [Fact]
    public void MaxDepth_ChunksThatWait_DoNotCount()
    {
        var counts = new TaskCounts();
        foreach (var state in (TaskState[])[TaskState.Scheduled, TaskState.Queued, TaskState.Assigned])
            counts.Add(state, isChunk: true, 1);
        counts.Add(TaskState.Queued, isChunk: false, 1);
        Assert.Equal((1, 2, 1, 2, 1), (counts.Scheduled, counts.Queued, counts.QueuedChunks, counts.WaitingChunks, counts.Leased));
    }

    [Fact]
    public void Pause_WantsNoSlots_AndTakesDemandsBack()
    {
        rig.Node("n", slots: 2, credit: 0);
        rig.Submit();
        Assert.Equal(1, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        rig.Configure(Defaults with { Paused = true });
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(rig.Now + 50, rig.Core.NextTime);
        rig.Pass(50);

        Assert.Equal(0, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);

        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(0, rig.Core.Relations.Reclaim(new SlotOffer(rig.Queue, rig.Core.Epoch, "n", 1, 99, 0)).Wanted);
        rig.Configure(Defaults);
        Assert.Equal(1, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    [Fact]
    public void Weight_IsInDemands_AndAChangeRepeatsThemAtOnce()
    {
        rig.Node("n", slots: 2, credit: 0);
        rig.Configure(Defaults with { Weight = 5 });
        rig.Submit();
        Assert.Equal(5, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Weight);
        rig.Configure(Defaults with { Weight = 5, Version = 2 });
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        rig.Configure(Defaults with { Weight = 7, Version = 3 });
        Assert.Equal(7, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Weight);
    }

    [Fact]
    public void Demands_NothingIsQueuedAnyMore_AreTakenBackAfterAMoment()
    {
        rig.Node("n", slots: 2, credit: 0);
        var id = rig.Submit();
        Assert.Equal(1, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        rig.Round((core, draft) => core.Cancels.Cancel(id, rig.Now, draft));

        Assert.Empty(rig.Core.TakeDemands(rig.Now));
        Assert.Equal(rig.Now + 50, rig.Core.NextTime);
        rig.Advance(50);
        Assert.Equal(0, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
        Assert.Empty(rig.Core.TakeDemands(rig.Now));
    }

    [Fact]
    public void MaxRunning_DemandsWhatMayStart()
    {
        rig.Node("n", slots: 8, credit: 0);
        rig.Configure(Defaults with { MaxRunning = 3 });
        rig.SubmitMany(20);
        Assert.Equal(3, Assert.Single(rig.Core.TakeDemands(rig.Now)).Demand.Count);
    }

    [Fact]
    public void Rate_StartsABurstAndThenOneAnInterval()
    {
        rig.Node("n", slots: 100);
        rig.Configure(Defaults with { RatePerSecond = 2, Burst = 3 });
        var tasks = rig.SubmitMany(6);
        Assert.Equal(tasks[..3], rig.Started);
        var reasons = rig.Core.Waits.Of(tasks[3]).Reasons;
        Assert.Equal(("rate-limited", rig.Now + 500), (reasons[0].Code, reasons[0].Until));
        Assert.Equal(rig.Now + 500, rig.Core.NextTime);
        rig.Advance(499);
        Assert.Empty(rig.Started);

        rig.Advance(1);

        Assert.Equal([tasks[3]], rig.Started);
        rig.Advance(1_500);
        Assert.Equal(tasks[4..], rig.Started);
    }

    [Fact]
    public void Rate_IsFast_SeveralStartInOneRound()
    {
        rig.Node("n", slots: 1_000);
        rig.Configure(Defaults with { RatePerSecond = 10_000, Burst = 200 });
        rig.SubmitMany(500);
        Assert.Equal(200, rig.Started.Length);
        Assert.Equal(rig.Now + 10, rig.Core.NextTime);
        rig.Advance(10);
        Assert.Equal(100, rig.Started.Length);
    }

    [Fact]
    public void Rate_AttemptThatNeverStarted_DoesNotCount()
    {
        rig.Node("n", slots: 10);
        rig.Node("m", slots: 10);
        rig.Configure(Defaults with { RatePerSecond = 0.01, Burst = 1 });
        var task = rig.Submit();
        rig.Refuse(task);

        Assert.Equal((TaskState.Assigned, 1), (rig.State(task), this[task]));
        Assert.Equal(TaskState.Queued, rig.State(rig.Submit()));
    }

    [Fact]
    public void Rate_NoRestartGivesAnotherBurst()
    {
        rig.Node("n", slots: 100);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 2 });
        rig.SubmitMany(10);
        for (var i = 0; i < 3; i++)
        {
            rig.Restart();
            rig.Offer("n", 100);
            Assert.Empty(rig.Started);
        }

        rig.Advance(1_000);
        Assert.Single(rig.Started);
    }

    [Theory]
    [InlineData(-3_600_000)]
    [InlineData(3_600_000)]
    public void Rate_ClockIsSet_TheQueueNeitherStopsNorRushes(long by)
    {
        rig.Node("n", slots: 100);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 1 });
        rig.SubmitMany(10);
        rig.SetClock(by);
        Assert.Empty(rig.Started);
        rig.Advance(1_000);
        Assert.Single(rig.Started);
    }

    [Fact]
    public void Rate_ClockWasSetBackBeforeARestart_TheQueueGoesOnWithinABurst()
    {
        rig.Node("n", slots: 100);
        rig.Configure(Defaults with { RatePerSecond = 1, Burst = 2 });
        rig.SubmitMany(10);
        rig.Pass(-3_600_000);
        rig.Restart();
        rig.Offer("n", 100);
        rig.Advance(1_000);
        Assert.Single(rig.Started);
    }

    [Fact]
    public void Rate_AnyTimes_NeverMoreThanAllowed() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<PositiveInt, PositiveInt, (byte Wait, bool Restarts)[]>(
            static (rate, burst, steps) =>
            {
                var (perSecond, most) = (rate.Get % 50 + 0.5, burst.Get % 20 + 1);
                var rig = new CoreRig();
                rig.Node("n", slots: 100_000);
                rig.Configure(Defaults with { RatePerSecond = perSecond, Burst = most });
                rig.SubmitMany(2_000);
                var starts = new List<(long At, int Count)> { (rig.Now, rig.Started.Length) };
                foreach (var (wait, restarts) in steps.Take(40))
                {
                    if (restarts)
                    {
                        rig.Restart();
                        rig.Offer("n", 100_000);
                        starts.Add((rig.Now, rig.Started.Length));
                    }

                    rig.Advance(wait * 7);
                    starts.Add((rig.Now, rig.Started.Length));
                }

                for (var first = 0; first < starts.Count; first++)
                {
                    var sum = 0;
                    for (var last = first; last < starts.Count; last++)
                    {
                        sum += starts[last].Count;
                        // A millisecond is the clock's grain.
                        if (sum > (perSecond * (starts[last].At - starts[first].At + 1) / 1_000) + most)
                            return false;
                    }
                }

                return true;
            }));

    [Fact]
    public void MaxDepth_RefusesARequestAsAWhole_AndNothingElse()
    {
        rig.Configure(Defaults with { MaxDepth = 3 });
        rig.SubmitMany(2);
        Assert.NotNull(RefusalOf(2));
        Assert.Null(RefusalOf(1));
        Assert.Equal(60_000, RefusalOf(2));
        rig.Restart();
        Assert.NotNull(RefusalOf(2));
        Assert.Null(RefusalOf(1));

        rig.Node("n", slots: 2);

        // What runs does not count.
        Assert.Null(RefusalOf(3));
    }

    [Fact]
    public void MaxDepth_RequeuesAndBackoffsAreNotRefused_RetriesByAUserAre()
    {
        rig.Node("n");
        var task = rig.Submit(retry: new RetryPolicy(2, 1_000, 1_000, true));
        rig.Configure(Defaults with { MaxDepth = 1 });
        var other = rig.Submit();
        rig.Exit(task, 1);
        Assert.Equal(TaskState.Scheduled, rig.State(task));
        rig.Cancel(task);
        rig.Refuse(other);
        Assert.Equal(TaskState.Assigned, rig.State(other));
        rig.Submit();

        Assert.Equal(ControlOutcome.QueueFull, rig.Retry(task));
        rig.Exit(other);
        Assert.Equal(ControlOutcome.Changed, rig.Retry(task));
    }

    [Fact]
    public void Retire_NothingIsOpen_UntilTheNextTask()
    {
        rig.Node("n");
        rig.Configure(Defaults with { Paused = true });
        var task = rig.Submit();
        Assert.False(Retire());
        rig.Cancel(task);

        Assert.True(Retire());

        Assert.True(rig.Store.IsRetired);
        rig.Restart();
        Assert.True(rig.Store.IsRetired);
        rig.Submit();
        Assert.False(rig.Store.IsRetired);
    }

    private int this[TaskId id] => rig[id].Row.Attempt;

    private bool Retire()
    {
        var isRetired = false;
        rig.Round((core, draft) => isRetired = core.TryRetire(draft));
        return isRetired;
    }

    private long? RefusalOf(int tasks) => rig.Core.Admission.RefusalOf(
        new SubmitRequest([.. Enumerable.Range(0, tasks).Select(_ => rig.Submission())], null, null), null, rig.Now);

    private string[] Codes(TaskId id) => [.. rig.Core.Waits.Of(id).Reasons.Select(static reason => reason.Code).Where(static code => code != "ahead-of-it")];
}
