using OrleansTasks.Client.Schedules;
using OrleansTasks.Schedules;

namespace OrleansTasks.Client.Tests.Schedules;

public sealed class UpcomingTests
{
    [Theory]
    [InlineData(3, true)]
    [InlineData(1_000, false)]
    [InlineData(11, false)]
    [InlineData(10, true)]
    public void Take_MoreThanMost_KeepsTheEarliest(int most, bool isCut)
    {
        var upcoming = new Upcoming(from: 1_000, to: 7_000, most);
        upcoming.Add(Schedule("b"), Timetable.OfPeriod(1_000, 0, null, null));
        upcoming.Add(Schedule("a"), Timetable.OfPeriod(1_500, 0, null, null));
        upcoming.Add(Schedule("c", lastAt: 4_000), Timetable.OfPeriod(2_500, 0, null, null));
        (long, string)[] all =
        [
            (1_000, "b"), (1_500, "a"), (2_000, "b"), (3_000, "a"), (3_000, "b"), (4_000, "b"), (4_500, "a"), (5_000, "b"),
            (5_000, "c"), (6_000, "a"), (6_000, "b"),
        ];
        Assert.Equal(all.Take(most), upcoming.Take().Select(static time => (time.At, time.Schedule.Id)));
        Assert.Equal(isCut, upcoming.IsCut);
    }

    private static ScheduleView Schedule(string id, long lastAt = 0) =>
        new(id, "default", 1, false, 0, lastAt, 0, default);
}
