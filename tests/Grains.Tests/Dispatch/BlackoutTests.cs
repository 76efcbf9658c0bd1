using OrleansTasks.Calendars;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>Times in which a queue starts nothing.</summary>
public sealed class BlackoutTests
{
    private static readonly QueueSettings Defaults = QueueSettings.DefaultOf(QueueSettings.DefaultQueue);
    private readonly CoreRig rig = new();

    [Fact]
    public void Blackout_NothingStartsUntilItsEnd_WhatRunsGoesOn()
    {
        rig.Node("n", slots: 2);
        var running = rig.Submit();
        var end = rig.Now + 60_000;
        rig.Configure(Defaults with { Blackouts = [new Blackout(null, rig.Now, end)] });

        var waiting = rig.Submit();
        rig.Exit(running);

        Assert.Equal((TaskState.Succeeded, TaskState.Queued), (rig.State(running), rig.State(waiting)));
        var reason = rig.Core.Waits.Of(waiting).Reasons[0];
        Assert.Equal(("blackout", end), (reason.Code, reason.Until));
        Assert.Equal(end, rig.Core.Forecasts.Forecast().BlackoutUntil);
        rig.Advance(59_999);
        Assert.Equal(TaskState.Queued, rig.State(waiting));
        // The queue wakes by itself.
        Assert.Equal(end, rig.Core.NextTime);
        rig.Advance(1);
        Assert.Equal(TaskState.Assigned, rig.State(waiting));
        Assert.Null(rig.Core.Forecasts.Forecast().BlackoutUntil);
    }

    [Fact]
    public void Blackout_AfterARestart_StillHolds_AndEnds()
    {
        rig.Node("n");
        var end = rig.Now + 60_000;
        rig.Configure(Defaults with { Blackouts = [new Blackout(null, rig.Now, end)] });
        var task = rig.Submit();

        rig.Restart();
        rig.Offer("n", 1);

        Assert.Equal(TaskState.Queued, rig.State(task));
        rig.Advance(60_000);
        Assert.Equal(TaskState.Assigned, rig.State(task));
    }

    [Fact]
    public void Blackout_ThatBegins_HoldsFromItsFirstMillisecond()
    {
        rig.Node("n", slots: 2);
        rig.Configure(Defaults with { Blackouts = [new Blackout(null, rig.Now + 1_000, rig.Now + 2_000)] });
        var before = rig.Submit();
        rig.Advance(1_000);

        var within = rig.Submit();

        Assert.Equal((TaskState.Assigned, TaskState.Queued), (rig.State(before), rig.State(within)));
    }

    [Fact]
    public void EndAt_BlackoutsThatTouchOrOverlap_IsTheEndOfAll()
    {
        var calendars = new CalendarSet(ImmutableSortedDictionary.Create<string, (CalendarHead, CalendarTimes)>(StringComparer.Ordinal)
            .Add("c", (new CalendarHead("c", 1, 5), CalendarTimes.Of([(15, 40), (100, 110)]))));
        var times = new BlackoutTimes([new Blackout(null, 10, 20), new Blackout("c"), new Blackout(null, 40, 50), new Blackout("gone")], calendars);

        Assert.Equal([null, 50L, 50L, 50L, null, 110L], ((long[])[9, 10, 39, 49, 50, 100]).Select(times.EndAt));
        Assert.Null(BlackoutTimes.None.EndAt(10));
    }
}
