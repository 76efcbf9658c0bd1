using OrleansTasks.Dispatch.Forecasting;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What passed through a queue, what held its tasks back, and when they will start.</summary>
public sealed class ForecastTests
{
    private const long RunTime = 1_000;
    // Leases that need no heartbeats.
    private readonly CoreRig rig = new(new DispatchOptions { Lease = TimeSpan.FromHours(10) });
    private readonly Queue<TaskId> running = new();

    public ForecastTests() => rig.Restart();

    private QueueForecast Forecast => rig.Core.Forecasts.Forecast();

    [Fact]
    public void StartMeter_NothingStartsForHours_KnowsNoRate()
    {
        var meter = new StartMeter();
        for (var start = 0; start < 10; start++)
        {
            meter.Wait(1_000);
            meter.Start();
        }

        Assert.InRange(meter.PerSecond ?? 0, 0.5, 2);
        meter.Wait(3 * 3_600_000);

        Assert.Null(meter.PerSecond);
    }

    [Fact]
    public void Forecast_OfAnUnusedQueue_KnowsNothing()
    {
        rig.Node("n", slots: 4);
        rig.Advance(60_000);

        var (began, forecast) = (rig.Now - 60_000, Forecast);

        Assert.Equal(
            (began, 0, 0, 0, null, 4, 0, null, QueueTrend.Unknown, 0, null),
            (forecast.Since, forecast.Arrivals, forecast.Starts, forecast.Ends, forecast.MeanRunTime, forecast.Slots, forecast.Backlog,
                forecast.EmptyAt, forecast.Trend, forecast.Samples, forecast.InRange));
        Assert.Empty(forecast.HeldBy);
    }

    [Fact]
    public void Forecast_CountsWhatPassed_AndForgetsItAfterFiveMinutes()
    {
        rig.Node("n", slots: 10);
        var ids = rig.SubmitMany(10);
        rig.Start(ids);
        rig.Advance(RunTime);
        foreach (var id in ids)
            rig.Exit(id);
        rig.Advance(9_000);

        var forecast = Forecast;
        Assert.Equal((1.0, 1.0, 1.0, RunTime), (forecast.Arrivals, forecast.Starts, forecast.Ends, forecast.MeanRunTime));
        Assert.Equal((QueueTrend.Steady, rig.Now), (forecast.Trend, forecast.EmptyAt));

        rig.Advance(301_000);
        forecast = Forecast;
        Assert.Equal((0.0, 0.0, 0.0, null), (forecast.Arrivals, forecast.Starts, forecast.Ends, forecast.MeanRunTime));
        Assert.InRange(rig.Now - forecast.Since, 295_000, 300_000);
    }

    [Fact]
    public void Forecast_CountsRetriesAndTasksThatComeDue_ButNoRequeuedTaskTwice()
    {
        rig.Node("n");
        var id = rig.Submit(runAt: rig.Now + 1_000, retry: new RetryPolicy(2, 1_000, 1_000, true));
        rig.Advance(1_000);
        rig.Refuse(id);
        rig.Start(id);
        rig.Exit(id, 1);
        rig.Advance(10_000);

        var forecast = Forecast;
        var seconds = (rig.Now - forecast.Since) / 1_000.0;
        // It came due twice and started once: its second attempt is not confirmed yet.
        Assert.Equal((2, 1, 1), (Math.Round(forecast.Arrivals * seconds), Math.Round(forecast.Starts * seconds), Math.Round(forecast.Ends * seconds)));
    }

    [Fact]
    public void Forecast_OfABatchThatDrains_SaysWhenItIsGone()
    {
        rig.Node("n", slots: 2);
        rig.SubmitMany(100);
        Drain(seconds: 20);

        var forecast = Forecast;
        Assert.Equal(QueueTrend.Shrinking, forecast.Trend);
        // Two a second, as long as it takes.
        Assert.InRange(forecast.EmptyAt!.Value - rig.Now, forecast.Backlog * 400, forecast.Backlog * 600);
        Assert.Equal([new HeldShare("no-free-slot", 1)], forecast.HeldBy);
    }

    [Fact]
    public void Forecast_WhileMoreArriveThanStart_Grows()
    {
        rig.Node("n");
        for (var second = 0; second < 30; second++)
        {
            rig.SubmitMany(3);
            Drain(seconds: 1);
        }

        Assert.Equal((QueueTrend.Growing, null), (Forecast.Trend, Forecast.EmptyAt));
    }

    [Fact]
    public void Forecast_OfAPausedQueue_IsSteadyAndNeverEmpty()
    {
        rig.Node("n");
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key) with { Paused = true });
        rig.SubmitMany(5);
        rig.Advance(10_000);

        Assert.Equal((QueueTrend.Steady, null, 5), (Forecast.Trend, Forecast.EmptyAt, Forecast.Backlog));
        Assert.Equal([new HeldShare("queue-paused", 1)], Forecast.HeldBy);
    }

    [Fact]
    public void HeldBy_SharesTheTimeInWhichTasksWaited_LargestFirst()
    {
        rig.Node("n");
        var first = rig.Submit();
        rig.Start(first);
        rig.Submit();
        rig.Advance(1_000);
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key) with { Paused = true });
        rig.Advance(3_000);
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key));
        rig.Exit(first);
        rig.Advance(60_000);

        Assert.Equal([new HeldShare("queue-paused", 0.75), new HeldShare("no-free-slot", 0.25)], Forecast.HeldBy);
    }

    [Theory]
    [InlineData("max-running")]
    [InlineData("rate-limited")]
    [InlineData("concurrency-key")]
    [InlineData("no-matching-node")]
    [InlineData("node-resting")]
    public void HeldBy_NamesTheLimitThatBinds(string code)
    {
        rig.Node("n", slots: code == "no-matching-node" ? 1 : 8);
        var settings = QueueSettings.DefaultOf(CoreRig.Key);
        rig.Configure(code switch
        {
            "max-running" => settings with { MaxRunning = 1 },
            "rate-limited" => settings with { RatePerSecond = 0.001, Burst = 1 },
            _ => settings,
        });
        var key = code == "concurrency-key" ? new TaskConcurrency("k", 1) : null;
        var first = rig.Submit(concurrency: key);
        if (code == "node-resting")
            rig.CannotStart(first);
        var last = rig.Submit(requires: code == "no-matching-node" ? "gpu=1" : null, concurrency: key);
        rig.Pass(20);
        rig.Round();

        Assert.Equal([new HeldShare(code, 1)], Forecast.HeldBy);
        Assert.Equal(code, rig.Core.Waits.Of(last).Reasons[0].Code);
    }

    [Fact]
    public void Slots_AreThoseOfNodesThatWouldDo()
    {
        rig.Node("n", slots: 4);
        rig.Node("m", slots: 3, labels: "gpu=1", credit: 0);
        Assert.Equal(7, Forecast.Slots);
        rig.Submit(requires: "gpu=1");
        Assert.Equal(3, Forecast.Slots);
        rig.Submit(requires: "gpu=2");
        Assert.Equal(3, Forecast.Slots);
    }

    [Fact]
    public void Why_ATimeThatIsSet_IsExact()
    {
        var reply = rig.Core.Waits.Of(rig.Submit(runAt: rig.Now + 5_000));
        Assert.Equal((rig.Now + 5_000, EstimateConfidence.Exact, null, null), (reply.EstimatedStart, reply.Confidence, reply.Range, reply.Position));
    }

    [Fact]
    public void Why_BeforeAnythingIsKnown_HasNoEstimate_ThenARoughOne()
    {
        rig.Node("n");
        var ids = rig.SubmitMany(10);
        Assert.Equal((null, EstimateConfidence.None, 9), (WhyOf(ids[9]).EstimatedStart, WhyOf(ids[9]).Confidence, WhyOf(ids[9]).Position));
        Drain(seconds: 3);

        var reply = WhyOf(ids[9]);
        Assert.Equal((EstimateConfidence.Rough, null), (reply.Confidence, reply.Range));
        Assert.InRange(reply.EstimatedStart!.Value - rig.Now, 4_000, 9_000);
    }

    /// <summary>Two tasks with the key are ready, and so ahead of all that are parked; a third comes in between.</summary>
    [Fact]
    public void Why_PositionBehindTheSameKey_CountsEachTaskOnce()
    {
        var key = new TaskConcurrency("k", 2);
        TaskId[] ids = [rig.Submit(concurrency: key), rig.Submit(concurrency: key), rig.Submit(), rig.Submit(concurrency: key), rig.Submit(concurrency: key)];

        Assert.Equal([1, 2, 3, 4, 5], ids.Select(id => WhyOf(id).Position));
        Assert.Equal(3, WhyOf(ids[4]).Reasons[0].Count);
    }

    [Fact]
    public void Why_WhilePausedOrWithoutANode_HasNoEstimate()
    {
        rig.Node("n");
        var ids = rig.SubmitMany(20);
        Drain(seconds: 3);
        Assert.NotNull(WhyOf(ids[19]).EstimatedStart);
        Assert.Null(WhyOf(rig.Submit(requires: "gpu=1")).EstimatedStart);
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key) with { Paused = true });
        Assert.Null(WhyOf(ids[19]).EstimatedStart);
    }

    [Fact]
    public void Why_UnderARate_IsNotBeforeTheNextToken()
    {
        rig.Node("n", slots: 8);
        rig.Configure(QueueSettings.DefaultOf(CoreRig.Key) with { RatePerSecond = 0.1, Burst = 1 });
        var ids = rig.SubmitMany(3);
        rig.Start(ids[0]);
        rig.Advance(100);
        rig.Exit(ids[0]);

        Assert.True(WhyOf(ids[1]).EstimatedStart >= WhyOf(ids[1]).Reasons[0].Until);
    }

    /// <summary>
    /// Run times of 0.2 to 3 s, on four slots: nine of ten later starts lie within the range that was given before.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Why_WithEnoughSamples_GivesARangeInWhichNineOfTenStartsLie(int seed)
    {
        const int Slots = 4;
        var random = new Random(seed);
        rig.Node("n", slots: Slots);
        var ends = new PriorityQueue<TaskId, long>();
        var given = new Dictionary<TaskId, StartRange>();
        var held = new List<bool>();
        for (var step = 0; step < 12_000; step++)
        {
            // Waves of arrivals that keep up to some hundred tasks waiting.
            if (Forecast.Backlog < 40)
                Begin(rig.SubmitMany(random.Next(1, 60)));
            rig.Advance(50);
            while (ends.TryPeek(out var next, out var at) && at <= rig.Now)
            {
                ends.Dequeue();
                rig.Exit(next);
                Begin(rig.Started);
            }

            Begin(rig.Started);
            if (step % 20 == 0 && AnyWaiting() is { } id && WhyOf(id).Range is { } range)
                given.TryAdd(id, range);
        }

        Assert.True(held.Count > 100, $"{held.Count} ranges were checked");
        var share = held.Count(static one => one) / (double)held.Count;
        Assert.True(share >= 0.85, $"only {share:P0} of {held.Count} starts lay in their ranges");
        Assert.Equal(256, Forecast.Samples);
        Assert.InRange(Forecast.InRange!.Value, 0.85, 1);

        void Begin(TaskId[] ids)
        {
            foreach (var id in ids.Where(id => rig.State(id) == TaskState.Assigned).ToArray())
            {
                if (given.Remove(id, out var range))
                    held.Add(rig.Now >= range.From && rig.Now <= range.To);
                rig.Start(id);
                ends.Enqueue(id, rig.Now + random.Next(200, 3_000));
            }
        }

        TaskId? AnyWaiting()
        {
            TaskId[] waiting = [.. rig.Store.Tasks.Where(static task => task.Value.Row.State == TaskState.Queued).Select(static task => task.Key)];
            return waiting.Length == 0 ? null : waiting[random.Next(waiting.Length)];
        }
    }

    [Fact]
    public void ClockStep_LeavesRatesAndRangesAsTheyWere()
    {
        rig.Node("n", slots: 2);
        rig.SubmitMany(200);
        Drain(seconds: 60);
        var (before, at) = (Forecast, rig.Now);

        rig.SetClock(3_600_000);

        var after = Forecast;
        Assert.Equal(
            (before.Since + 3_600_000, before.Arrivals, before.Starts, before.Samples),
            (after.Since, after.Arrivals, after.Starts, after.Samples));
        Assert.Equal(before.HeldBy, after.HeldBy);
        Assert.Equal(before.EmptyAt - at, after.EmptyAt - rig.Now);
    }

    [Fact]
    public void Hold_AsTheLastRoundSawIt()
    {
        rig.Node("n");
        var ids = rig.SubmitMany(2);
        rig.Start(ids[0]);
        Assert.True(rig.Core.Forecasts.IsHeld);
        rig.Advance(1_000);
        Assert.Equal([new HeldShare("no-free-slot", 1)], rig.Core.Forecasts.Hold.Shares);
        rig.Cancel(ids[1]);
        Assert.Equal((rig.Now, false), (rig.Core.Forecasts.Hold.At, rig.Core.Forecasts.Hold.IsHeld));
    }

    private WhyReply WhyOf(TaskId id) => rig.Core.Waits.Of(id);

    // Each assigned task runs for a second.
    private void Drain(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            StartAssigned();
            rig.Advance(RunTime);
            for (var left = running.Count; left > 0; left--)
                rig.Exit(running.Dequeue());
        }

        StartAssigned();
    }

    private void StartAssigned()
    {
        foreach (var (id, _) in rig.Store.Tasks.Where(static task => task.Value.Row.State == TaskState.Assigned).ToArray())
        {
            rig.Start(id);
            running.Enqueue(id);
        }
    }
}
