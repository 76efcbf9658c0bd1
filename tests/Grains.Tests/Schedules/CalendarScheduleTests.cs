using OrleansTasks.Calendars;

namespace OrleansTasks.Schedules;

/// <summary>
/// Times that calendars leave out, and those in blackouts. The rig's times are in seconds from its start.
/// </summary>
public sealed class CalendarScheduleTests
{
    private readonly ScheduleRig rig = new();
    private readonly long start;

    public CalendarScheduleTests() => start = rig.Now;

    [Fact]
    public void Except_LeavesOutItsTimes_AndOnly_AllOthers()
    {
        var calendars = Set(("work", [(5, 12)]), ("lunch", [(8, 10)]));
        rig.Create("s", Every(2, ["work"], ["lunch"], calendars) with { Overlap = Overlap.Allow });

        for (var i = 0; i < 20; i++)
            rig.Advance(1_000);

        // 6 and 10: from 8 on it is lunch, from 12 on no work.
        Assert.Equal("6open 10open", rig.Text("s"));
        Assert.Equal(long.MaxValue, rig.Core.Next);
    }

    [Fact]
    public void Next_ManySecondsInACalendar_PassesThemAtOnce()
    {
        var year = 366L * 24 * 3_600;
        var times = Every(1, [], ["long"], Set(("long", [(1, year)]))).Times;

        Assert.Equal(start + (year * 1_000), times.Next(start));
        Assert.Equal(("long", start + (year * 1_000)), (times.ExclusionOf(start + 1_000)!.Value.Calendar, times.ExclusionOf(start + 1_000)!.Value.Until));
    }

    [Fact]
    public void CalendarThatDoesNotExist_HasNoTimes()
    {
        Assert.Null(Every(1, ["gone"], [], CalendarSet.Empty).Times.Next(start));
        Assert.Equal(start + 1_000, Every(1, [], ["gone"], CalendarSet.Empty).Times.Next(start));
    }

    [Fact]
    public void Follow_AChangedCalendar_MovesTheNextTime_AcrossARestart()
    {
        rig.Create("s", Every(2, [], ["c"], CalendarSet.Empty));
        rig.Advance(2_000);
        Assert.Equal(start + 4_000, rig.Row("s").NextAt);

        rig.Follow("s", Set(("c", [(3, 7)])));

        Assert.Equal(start + 8_000, rig.Row("s").NextAt);
        rig.Restart();
        rig.Follow("s", CalendarSet.Empty);
        Assert.Equal(start + 4_000, rig.Row("s").NextAt);
        rig.Advance(2_000);
        rig.Advance(2_000);
        Assert.Equal("2open 4-6x2skipped", rig.Text("s"));
    }

    [Theory]
    [InlineData(5, "2open")]
    [InlineData(2, "")]
    public void Follow_WhileATimeWaitsForItsJitter_KeepsIt_UnlessTheCalendarLeavesItOut(long excluded, string expected)
    {
        rig.Create("s", Every(2, [], ["c"], CalendarSet.Empty) with { Jitter = 1_900 });
        var due = rig.Core.Next;
        Assert.InRange(due, start + 2_100, start + 3_900);
        rig.Advance(2_050);

        rig.Follow("s", Set(("c", [(excluded, excluded + 1)])));

        Assert.Equal((start + 2_000, due), (rig.Row("s").NextAt, rig.Core.Next));
        rig.Restart();
        rig.Advance(due - rig.Now);
        Assert.Equal(expected, rig.Text("s"));
    }

    [Fact]
    public void StoredTime_ThatACalendarLeavesOutSince_DoesNotStart()
    {
        rig.Create("s", Every(2, [], ["c"], CalendarSet.Empty));
        // The owner ends; the calendar changes; another owner begins when the stored time has come.
        rig.Pass(2_000);
        rig.Restart(("s", Every(2, [], ["c"], Set(("c", [(1, 3)])))));

        rig.Advance(0);
        Assert.Empty(rig.Of("s"));
        rig.Advance(2_000);

        Assert.Equal("4open", rig.Text("s"));
    }

    [Fact]
    public void Blackout_Skip_RecordsTheTimesOnce_AfterStartsThem()
    {
        rig.IsBlackout = time => time >= start + 3_000 && time < start + 7_000;
        rig.Create("skip", Every(2, [], [], CalendarSet.Empty) with { OnBlackout = OnBlackout.Skip, Overlap = Overlap.Allow });
        rig.Create("after", Every(2, [], [], CalendarSet.Empty) with { Overlap = Overlap.Allow });

        for (var i = 0; i < 8; i++)
            rig.Advance(1_000);

        Assert.Equal("2open 4-6x2blackout 8open", rig.Text("skip"));
        Assert.Equal("2open 4open 6open 8open", rig.Text("after"));
        rig.Restart();
        rig.Advance(1_000);
        Assert.Equal("2open 4-6x2blackout 8open", rig.Text("skip"));
    }

    [Fact]
    public void Blackout_OfMissedTimes_SkipsWhatWouldHaveCaughtUp()
    {
        rig.IsBlackout = time => time >= start + 3_000 && time < start + 5_000;
        rig.Create("s", Every(2, [], [], CalendarSet.Empty) with { OnBlackout = OnBlackout.Skip, CatchUp = CatchUp.All, StartWithin = 1, Overlap = Overlap.Allow });

        rig.Pass(9_000);
        rig.Advance(0);

        Assert.Equal("2open 4blackout 6open 8open", rig.Text("s"));
    }

    private SchedulePlan Every(long seconds, ImmutableArray<string> only, ImmutableArray<string> except, CalendarSet calendars) =>
        new(Timetable.OfPeriod(seconds * 1_000, start, null, null).Within(only, except, calendars));

    private CalendarSet Set(params (string Name, (long From, long To)[] Spans)[] calendars) => new(calendars.ToImmutableSortedDictionary(
        static one => one.Name,
        one => (
            new CalendarHead(one.Name, 1, 0),
            CalendarTimes.Of(one.Spans.Select(span => (start + (span.From * 1_000), start + (span.To * 1_000))))),
        StringComparer.Ordinal));
}
