using System.Globalization;
using OrleansTasks.Processing.Cron;

namespace OrleansTasks.Schedules;

/// <summary>
/// Cron times against an oracle that looks at every minute of some years, in zones whose clocks change at midnight, by
/// half an hour, in the south, and not at all. The environment variable
/// <c>CRON_YEARS</c> sets how many years.
/// </summary>
public sealed class CronOracleTests
{
    private static readonly int Years =
        int.TryParse(Environment.GetEnvironmentVariable("CRON_YEARS"), CultureInfo.InvariantCulture, out var years) ? years : 2;

    private static readonly (string Text, Func<DateTime, bool> Matches, bool MatchesEveryHour)[] Expressions =
    [
        ("* * * * *", _ => true, true),
        ("30 * * * *", t => t.Minute == 30, true),
        ("*/20 * * * *", t => t.Minute % 20 == 0, true),
        ("5 * * * SUN", t => t.Minute == 5 && t.DayOfWeek == DayOfWeek.Sunday, true),
        ("30 2 * * *", t => t is { Hour: 2, Minute: 30 }, false),
        ("0 0 * * *", t => t is { Hour: 0, Minute: 0 }, false),
        ("15 0,1,2,3 * * *", t => t is { Hour: < 4, Minute: 15 }, false),
        ("*/10 */2 * * *", t => t.Minute % 10 == 0 && t.Hour % 2 == 0, false),
        ("0 3 1,15 * FRI", t => t is { Hour: 3, Minute: 0 } && (t.Day is 1 or 15 || t.DayOfWeek == DayOfWeek.Friday), false),
        ("0 3 */2 * MON", t => t is { Hour: 3, Minute: 0 } && t.Day % 2 == 1 && t.DayOfWeek == DayOfWeek.Monday, false),
        ("0 22-2 * * FRI-MON", t => t is { Minute: 0, Hour: > 21 or < 3 }
            && t.DayOfWeek is not (DayOfWeek.Tuesday or DayOfWeek.Wednesday or DayOfWeek.Thursday), false),
        ("45 1 L * ?", t => t is { Hour: 1, Minute: 45 } && t.AddDays(1).Day == 1, false),
        ("0 2 * * 5L", t => t is { Hour: 2, Minute: 0, DayOfWeek: DayOfWeek.Friday } && t.AddDays(7).Month != t.Month, false),
        ("0 2 29 2 *", t => t is { Month: 2, Day: 29, Hour: 2, Minute: 0 }, false),
    ];

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("Africa/Cairo")]
    public void Next_OverYears_GivesWhatTheOracleFinds(string zone)
    {
        var oracle = new CronOracle(zone, 2024, Years);
        foreach (var (text, matches, matchesEveryHour) in Expressions)
        {
            Assert.True(CronExpression.TryParse(text, out var expression, out var error), error);
            Assert.Equal(matchesEveryHour, expression.MatchesEveryHour);
            var times = new CronTimes(expression, oracle.Zone);
            var last = oracle.From - 1;
            foreach (var expected in oracle.Times(matches, matchesEveryHour))
            {
                var next = times.Next(last);
                // The message takes longer than the question, and there are millions of them.
                if (next != expected)
                    Assert.Fail($"{text} in {zone} after {Text(last)}: {Text(next)}, not {Text(expected)}");
                last = expected;
            }

            Assert.True(times.Next(last) is not { } beyond || beyond >= oracle.Until, $"{text} in {zone} after {Text(last)}");
        }
    }

    /// <summary>The answer does not depend on where the question begins: between two times it is always the later one.</summary>
    [Theory]
    [InlineData("Europe/Berlin", "30 2 * * *")]
    [InlineData("Europe/Berlin", "30 * * * *")]
    [InlineData("Australia/Lord_Howe", "*/15 1-3 * * *")]
    [InlineData("Australia/Lord_Howe", "45 * * * *")]
    [InlineData("Africa/Cairo", "0 0 * * *")]
    [InlineData("Africa/Cairo", "59 * 30 10 *")]
    public void Next_FromAnyInstant_IsTheFirstLaterOne(string zone, string text)
    {
        Assert.True(CronExpression.TryParse(text, out var expression, out _));
        var times = new CronTimes(expression, TimeZoneInfo.FindSystemTimeZoneById(zone));
        var known = new List<long>();
        var start = Utc(2026, 1, 1);
        for (var at = times.Next(start - 1); at < Utc(2027, 1, 1); at = times.Next(at!.Value))
            known.Add(at!.Value);
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            // Half of the questions are within three hours of a known time, where clocks may change.
            var asked = i % 2 == 0
                ? random.NextInt64(start, known[^1])
                : Math.Clamp(known[random.Next(known.Count)] + random.NextInt64(-10_800_000, 10_800_000), start, known[^1] - 1);
            var expected = known.First(time => time > asked);
            var next = times.Next(asked);
            if (next != expected)
                Assert.Fail($"after {Text(asked)}: {Text(next)}, not {Text(expected)}");
        }
    }

    private static long Utc(int year, int month, int day) =>
        new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static string Text(long? at) =>
        at is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time).ToString("u", CultureInfo.InvariantCulture) : "never";
}
