using OrleansTasks.Client.Schedules;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Tests.Schedules;

public sealed class ScheduleLoadTests
{
    [Fact]
    public void Add_RunsAreSpreadOverTheStepsThatTheyReachInto()
    {
        var load = new ScheduleLoad(from: 1_000, step: 100, count: 4);
        // At 1150 for 100, half of it in the second step; at 1350 for 100, of which the last half is beyond the end.
        load.Add(Timetable.OfPeriod(200, 0, startAt: 1_150, null), Overlap.Allow, new ScheduleRun(100, 1));
        Assert.Equal([0, 0.5, 0.5, 0.5], load.SlotsNeeded);
        load.Add(Timetable.OfPeriod(1_000_000, 0, startAt: 1_310, null), Overlap.Allow, new ScheduleRun(50, 3));
        Assert.Equal([0, 0.5, 0.5, 2], load.SlotsNeeded);
        Assert.False(load.IsCut);
    }

    [Fact]
    public void Add_WhatStartsBeforeTheFirstStep_ReachesIntoIt()
    {
        var load = new ScheduleLoad(from: 1_000, step: 100, count: 2);
        load.Add(Timetable.OfPeriod(1_000_000, 0, startAt: 850, null), Overlap.Allow, new ScheduleRun(200, 1));
        Assert.Equal([0.5, 0], load.SlotsNeeded);
    }

    [Theory]
    // Runs of 250 at 0, 100, 200 and so on, seen from 1000 on.
    [InlineData(Overlap.Allow, 2.5)]
    [InlineData(Overlap.Skip, 2.5 / 3)]
    [InlineData(Overlap.QueueOne, 1)]
    public void Add_RunsOverlap_AsTheScheduleSays(Overlap overlap, double needed)
    {
        var load = new ScheduleLoad(from: 1_000, step: 3_000, count: 1);
        load.Add(Timetable.OfPeriod(100, 0, startAt: 1_000, null), overlap, new ScheduleRun(250, 1));
        Assert.Equal(needed, load.SlotsNeeded[0], 0.1);
    }

    [Fact]
    public void Add_MoreTimesThanCanBeLookedAt_SaysSo()
    {
        var load = new ScheduleLoad(from: 0, step: 3_600_000, count: 168);
        for (var i = 0; i < 10 && !load.IsCut; i++)
            load.Add(Timetable.OfPeriod(1_000, 0, null, null), Overlap.Allow, new ScheduleRun(10, 1));
        Assert.True(load.IsCut);
    }
}
