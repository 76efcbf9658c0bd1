using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tests.Spec;

public sealed class TimestampsTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("2026-11-05T09:30:00Z", 1_793_871_000_000)]
    [InlineData("2026-11-05t09:30:00z", 1_793_871_000_000)]
    [InlineData("2026-11-05T09:30:00.25Z", 1_793_871_000_250)]
    [InlineData("2026-11-05T09:30:00.123456789Z", 1_793_871_000_123)]
    [InlineData("2026-11-05T10:30:00+01:00", 1_793_871_000_000)]
    [InlineData("2026-11-05T04:00:00.5-05:30", 1_793_871_000_500)]
    [InlineData("9999-12-31T23:59:59.999Z", Timestamps.Latest)]
    [InlineData("0001-01-01T00:00:00Z", Timestamps.Earliest)]
    public void TryParse_Rfc3339_GivesUnixMilliseconds(string text, long expected)
    {
        Assert.True(Timestamps.TryParse(text, out var time));
        Assert.Equal(expected, time);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-11-05")]
    [InlineData("2026-11-05T09:30:00")]
    [InlineData("2026-11-05 09:30:00Z")]
    [InlineData("2026-11-05T09:30:00.Z")]
    [InlineData("2026-13-05T09:30:00Z")]
    [InlineData("2026-02-30T09:30:00Z")]
    [InlineData("2026-11-05T25:30:00Z")]
    [InlineData("2026-11-05T09:30:00+1:00")]
    [InlineData("2026-11-05T09:30:00+24:00")]
    [InlineData("2026-11-05T09:30:00+00:60")]
    [InlineData("2026-11-05T09:30:00ZZ")]
    [InlineData("1793871000")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("9999-12-31T23:59:59.999-14:00")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.False(Timestamps.TryParse(text, out _));

    [Fact]
    public void Format_Time_IsUtcWithMilliseconds() =>
        Assert.Equal("2026-11-05T09:30:00.007Z", Timestamps.Format(1_793_871_000_007));

    // Workers report times, and some have no text.
    [Theory]
    [InlineData(Timestamps.Latest + 1, "9999-12-31T23:59:59.999Z")]
    [InlineData(long.MaxValue, "9999-12-31T23:59:59.999Z")]
    [InlineData(Timestamps.Earliest - 1, "0001-01-01T00:00:00.000Z")]
    [InlineData(long.MinValue, "0001-01-01T00:00:00.000Z")]
    public void Format_TimeBeyondTheCalendar_IsTheNearestWithin(long time, string expected) =>
        Assert.Equal(expected, Timestamps.Format(time));
}
