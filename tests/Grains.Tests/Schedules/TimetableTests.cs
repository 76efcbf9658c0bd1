using OrleansTasks.Processing.Cron;

namespace OrleansTasks.Schedules;

/// <summary>Periods, and the bounds of a timetable.</summary>
public sealed class TimetableTests
{
    [Theory]
    // With a start: from the start on.
    [InlineData(1_000L, null, 0L, 1_000L)]
    [InlineData(1_000L, null, 999L, 1_000L)]
    [InlineData(1_000L, null, 1_000L, 1_300L)]
    [InlineData(1_000L, null, 1_299L, 1_300L)]
    [InlineData(1_000L, null, 1_300L, 1_600L)]
    // Without: one period after the creation, which was at 100.
    [InlineData(null, null, 0L, 400L)]
    [InlineData(null, null, 100L, 400L)]
    [InlineData(null, null, 400L, 700L)]
    // An end is not part of it.
    [InlineData(null, 700L, 399L, 400L)]
    [InlineData(null, 700L, 400L, null)]
    [InlineData(null, 701L, 400L, 700L)]
    // Nor are times that could not be written.
    [InlineData(253_402_300_799_999L, null, 0L, 253_402_300_799_999L)]
    [InlineData(253_402_300_799_999L, null, 253_402_300_799_999L, null)]
    [InlineData(-62_135_596_800_000L, null, long.MinValue, -62_135_596_800_000L)]
    [InlineData(null, null, long.MaxValue, null)]
    public void Period_CountsFromItsAnchor(long? startAt, long? endAt, long after, long? expected) =>
        Assert.Equal(expected, Timetable.OfPeriod(300, 100, startAt, endAt).Next(after));

    [Theory]
    [InlineData(null, null, -1L, 0L)]
    [InlineData(60_000L, null, -1L, 60_000L)]
    [InlineData(60_001L, null, -1L, 120_000L)]
    [InlineData(null, 120_000L, 60_000L, null)]
    [InlineData(null, 120_001L, 60_000L, 120_000L)]
    // The calendar's ends, and times that are none.
    [InlineData(253_402_300_799_999L, null, 0L, null)]
    [InlineData(-62_135_596_800_000L, null, -1L, 0L)]
    [InlineData(null, null, long.MaxValue, null)]
    [InlineData(null, null, long.MinValue, 0L)]
    [InlineData(long.MaxValue, null, 0L, null)]
    public void Cron_HasBounds(long? startAt, long? endAt, long after, long? expected)
    {
        Assert.True(CronExpression.TryParse("* * * * *", out var expression, out _));
        Assert.Equal(expected, Timetable.OfCron(new CronTimes(expression, TimeZoneInfo.Utc), startAt, endAt).Next(after));
    }
}
