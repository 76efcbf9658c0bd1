using System.Globalization;
using OrleansTasks.Processing.Cron;

namespace OrleansTasks.Schedules;

/// <summary>What cron expressions mean and which are refused, by tables.</summary>
public sealed class CronExpressionTests
{
    /// <summary>The first times from Thursday, 1 January 2026, on.</summary>
    [Theory]
    [InlineData("0 12 * * *", "01-01T12:00:00 01-02T12:00:00")]
    [InlineData("10 0 12 * * *", "01-01T12:00:10 01-02T12:00:10")]
    [InlineData("*/30 * * * * *", "01-01T00:00:00 01-01T00:00:30 01-01T00:01:00")]
    [InlineData("50/5 59 23 * * *", "01-01T23:59:50 01-01T23:59:55 01-02T23:59:50")]
    [InlineData("  0\t6  *  * * ", "01-01T06:00:00 01-02T06:00:00")]
    [InlineData("0 20/2 * * *", "01-01T20:00:00 01-01T22:00:00 01-02T20:00:00")]
    [InlineData("0 1-7/3 * * *", "01-01T01:00:00 01-01T04:00:00 01-01T07:00:00 01-02T01:00:00")]
    [InlineData("0 23-1 * * *", "01-01T00:00:00 01-01T01:00:00 01-01T23:00:00 01-02T00:00:00")]
    [InlineData("0 22-3/2 * * *", "01-01T00:00:00 01-01T02:00:00 01-01T22:00:00 01-02T00:00:00")]
    [InlineData("0 0 * * fri-Mon", "01-02T00:00:00 01-03T00:00:00 01-04T00:00:00 01-05T00:00:00 01-09T00:00:00")]
    [InlineData("0 0 * * 5-7", "01-02T00:00:00 01-03T00:00:00 01-04T00:00:00 01-09T00:00:00")]
    [InlineData("0 0 * * 7-2", "01-04T00:00:00 01-05T00:00:00 01-06T00:00:00 01-11T00:00:00")]
    [InlineData("0 0 * * 7", "01-04T00:00:00 01-11T00:00:00")]
    [InlineData("0 0 * * 7-7", "01-04T00:00:00 01-11T00:00:00")]
    [InlineData("0 0 * * SUN-7", "01-04T00:00:00 01-11T00:00:00")]
    [InlineData("0 0 * * FRI-7", "01-02T00:00:00 01-03T00:00:00 01-04T00:00:00 01-09T00:00:00")]
    [InlineData("0 0 * * 0-7", "01-01T00:00:00 01-02T00:00:00 01-03T00:00:00 01-04T00:00:00")]
    [InlineData("0 0 * * 1-7", "01-01T00:00:00 01-02T00:00:00 01-03T00:00:00 01-04T00:00:00")]
    [InlineData("0 0 * * 0", "01-04T00:00:00 01-11T00:00:00")]
    [InlineData("0 0 * * MON/2", "01-02T00:00:00 01-05T00:00:00 01-07T00:00:00 01-09T00:00:00")]
    [InlineData("0 0 * JAN-feb,12 1", "01-05T00:00:00 01-12T00:00:00")]
    [InlineData("0 0 1 NOV-JAN *", "01-01T00:00:00 11-01T00:00:00 12-01T00:00:00")]
    [InlineData("0 0 30-2 * *", "01-01T00:00:00 01-02T00:00:00 01-30T00:00:00 01-31T00:00:00 02-01T00:00:00")]
    [InlineData("0 0 13 * FRI", "01-02T00:00:00 01-09T00:00:00 01-13T00:00:00 01-16T00:00:00")]
    [InlineData("0 0 */2 * MON", "01-05T00:00:00 01-19T00:00:00 02-09T00:00:00")]
    [InlineData("0 0 13 * */2", "01-13T00:00:00 06-13T00:00:00 08-13T00:00:00")]
    [InlineData("0 0 ? * MON", "01-05T00:00:00 01-12T00:00:00")]
    [InlineData("0 0 L * *", "01-31T00:00:00 02-28T00:00:00 03-31T00:00:00")]
    [InlineData("0 0 L-3 * *", "01-28T00:00:00 02-25T00:00:00")]
    [InlineData("0 0 1,L * *", "01-01T00:00:00 01-31T00:00:00 02-01T00:00:00 02-28T00:00:00")]
    [InlineData("0 0 * * FRI#2", "01-09T00:00:00 02-13T00:00:00")]
    [InlineData("0 0 * * 5#5", "01-30T00:00:00 05-29T00:00:00")]
    [InlineData("0 0 * * 5L", "01-30T00:00:00 02-27T00:00:00")]
    [InlineData("0 0 * * friL,MON#1", "01-05T00:00:00 01-30T00:00:00 02-02T00:00:00")]
    [InlineData("@daily", "01-01T00:00:00 01-02T00:00:00")]
    [InlineData("@midnight", "01-01T00:00:00 01-02T00:00:00")]
    [InlineData("@hourly", "01-01T00:00:00 01-01T01:00:00")]
    [InlineData("@weekly", "01-04T00:00:00 01-11T00:00:00")]
    [InlineData("@monthly", "01-01T00:00:00 02-01T00:00:00")]
    [InlineData("@yearly", "01-01T00:00:00")]
    [InlineData("@Annually", "01-01T00:00:00")]
    public void Expression_FromNewYear_HasTheseTimes(string text, string expected)
    {
        Assert.True(CronExpression.TryParse(text, out var expression, out var error), error);
        var found = new List<string>();
        DateTime? at = new DateTime(2026, 1, 1);
        foreach (var _ in expected.Split(' '))
        {
            at = expression.AtOrAfter(at.Value, 2030);
            Assert.NotNull(at);
            found.Add(at.Value.ToString("MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
            at = at.Value.AddSeconds(1);
        }

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Theory]
    [InlineData("", "has 0 fields")]
    [InlineData("* * * *", "has 4 fields")]
    [InlineData("* * * * * * *", "has 7 fields")]
    [InlineData("60 * * * *", "'60' is not a value of the minute; allowed are 0 to 59")]
    [InlineData("* 24 * * *", "'24' is not a value of the hour")]
    [InlineData("* * 0 * *", "'0' is not a value of the day of month; allowed are 1 to 31")]
    [InlineData("* * * 13 *", "'13' is not a value of the month; allowed are 1 to 12 and JAN to DEC")]
    [InlineData("* * * * 8", "'8' is not a value of the day of week; allowed are 0 to 7 and SUN to SAT")]
    [InlineData("60 * * * * *", "'60' is not a value of the second")]
    [InlineData("*/0 * * * *", "the step in '*/0' must be a number from 1 to 60")]
    [InlineData("*/x * * * *", "the step in '*/x'")]
    [InlineData("*/61 * * * *", "the step in '*/61'")]
    [InlineData("1/2/3 * * * *", "the step in '1/2/3'")]
    [InlineData("1,,2 * * * *", "'' is not a value of the minute")]
    [InlineData("-5 * * * *", "'' is not a value of the minute")]
    [InlineData("5- * * * *", "'' is not a value of the minute")]
    [InlineData("1-2-3 * * * *", "'2-3' is not a value of the minute")]
    [InlineData("+5 * * * *", "'+5' is not a value of the minute")]
    [InlineData("005 * * * *", "'005' is not a value of the minute")]
    [InlineData("MON * * * *", "'MON' is not a value of the minute")]
    [InlineData("0 0 * * MONDAY", "'MONDAY' is not a value of the day of week")]
    [InlineData("0 0 15W * *", "'15W' is not a value of the day of month")]
    [InlineData("0 0 L-31 * *", "'L-31' is not a day of the month")]
    [InlineData("0 0 LW * *", "'LW' is not a day of the month")]
    [InlineData("0 0 * * L", "'L' is not a value of the day of week")]
    [InlineData("0 0 * * FRI#6", "'FRI#6' is not a day of the week")]
    [InlineData("0 0 * * FRI#0", "'FRI#0' is not a day of the week")]
    [InlineData("0 0 * * #2", "'#2' is not a day of the week")]
    [InlineData("0 0 * * 8L", "'8L' is not a day of the week")]
    [InlineData("@reboot", "has an unknown name")]
    [InlineData("٣ * * * *", "'٣' is not a value of the minute")]
    public void Expression_WithAnError_NamesTheError(string text, string expected)
    {
        Assert.False(CronExpression.TryParse(text, out var expression, out var error));
        Assert.Null(expression);
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Expression_TooLong_IsRefused()
    {
        var longest = "0 0 * * " + string.Join(',', Enumerable.Repeat("1", 124)) + " ";
        Assert.Equal(256, longest.Length);
        Assert.True(CronExpression.TryParse(longest, out _, out _));
        Assert.False(CronExpression.TryParse(longest + "1", out _, out var error));
        Assert.Equal("has 257 characters; at most 256 are allowed", error);
    }

    [Theory]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4,6,9,11 *")]
    public void Next_OfADateThatNeverComes_IsNull(string text)
    {
        Assert.True(CronExpression.TryParse(text, out var expression, out _));
        Assert.Null(new CronTimes(expression, TimeZoneInfo.Utc).Next(0));
    }

    /// <summary>A leap day over the end of a century without one, and clocks that change.</summary>
    [Theory]
    [InlineData("UTC", "0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:30:00Z")]
    [InlineData("Europe/Berlin", "0,20,40 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z")]
    [InlineData("Europe/Berlin", "0 2,3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z 2026-10-26T01:30:00Z")]
    [InlineData("Europe/Berlin", "30 * * * *", "2026-03-29T00:00:00Z", "2026-03-29T00:30:00Z 2026-03-29T01:30:00Z")]
    [InlineData("Europe/Berlin", "30 * * * *", "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z 2026-10-25T01:30:00Z")]
    [InlineData("Africa/Cairo", "0 0 * * *", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00Z 2026-04-24T21:00:00Z")]
    [InlineData("Pacific/Apia", "0 12 30 12 *", "2011-12-01T00:00:00Z", "2011-12-30T10:00:00Z 2012-12-29T22:00:00Z")]
    public void Next_WhereClocksChange_IsThis(string zone, string text, string after, string expected)
    {
        Assert.True(CronExpression.TryParse(text, out var expression, out _));
        var times = new CronTimes(expression, TimeZoneInfo.FindSystemTimeZoneById(zone));
        var at = DateTimeOffset.Parse(after, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        foreach (var moment in expected.Split(' '))
        {
            at = times.Next(at)!.Value;
            Assert.Equal(moment, DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The search for a change of clocks takes steps of whole seconds, wherever it begins and ends.</summary>
    [Theory]
    [InlineData("2026-03-28T12:00:00.789Z", "2026-03-29T01:00:00Z", 1)]
    [InlineData("2026-03-28T12:00:00Z", "2026-03-29T01:00:00.001Z", 1)]
    [InlineData("2026-03-28T12:00:00.789Z", "2026-03-29T00:59:59.999Z", 0)]
    [InlineData("2026-03-29T01:00:00.001Z", "2026-03-30T00:00:00Z", 0)]
    public void Notes_UpToAChangeOfClocks_NameItOnce(string from, string to, int expected)
    {
        Assert.True(CronExpression.TryParse("0 3 29 3 *", out var expression, out _));
        var times = new CronTimes(expression, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

        var notes = times.Notes(At(from), At(to), 3);

        Assert.Equal(
            Enumerable.Repeat("On 2026-03-29, clocks in Europe/Berlin go forward from 02:00 to 03:00.", expected),
            notes);

        static long At(string text) =>
            DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
    }

    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Europe/Berlim", false)]
    [InlineData("", false)]
    [InlineData("localtime", false)]
    [InlineData("right/Europe/Berlin", false)]
    [InlineData("Europe/../Europe/Berlin", false)]
    [InlineData("/etc/localtime", false)]
    public void Zone_IsFoundByItsIanaNameAlone(string name, bool isKnown) =>
        Assert.Equal(isKnown, CronTimes.TryFindZone(name, out _));
}
