using FsCheck;
using FsCheck.Fluent;

namespace OrleansTasks.Calendars;

/// <summary>Spans of time, against a list of single milliseconds.</summary>
public sealed class CalendarTimesTests
{
    [Fact]
    public void At_AnySpans_SaysWhatTheMillisecondsSay() => Prop.ForAll(
        Gen.Choose(0, 60).Two().ListOf().ToArbitrary(), static pairs =>
        {
            var spans = pairs.Select(static pair => ((long)pair.Item1, (long)pair.Item2)).ToArray();
            var milliseconds = spans.SelectMany(static span => Enumerable.Range(0, 61).Select(static n => (long)n).Where(n => n >= span.Item1 && n < span.Item2)).ToHashSet();
            var times = CalendarTimes.Of(spans);
            for (var at = -1L; at <= 61; at++)
            {
                var (isIn, until) = times.At(at);
                Assert.Equal(milliseconds.Contains(at), isIn);
                var change = at + 1;
                while (change <= 61 && milliseconds.Contains(change) == isIn)
                    change++;
                Assert.Equal(change > 61 ? long.MaxValue : change, until);
            }

            Assert.Equal(times.Edges, CalendarTimes.OfEdges(times.Edges).Edges);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void OfEdges_OutOfOrder_IsRefused()
    {
        Assert.Throws<FormatException>(() => CalendarTimes.OfEdges([1, 2, 2, 3]));
        Assert.Throws<FormatException>(() => CalendarTimes.OfEdges([1, 2, 3]));
    }
}
