namespace OrleansTasks.Calendars;

/// <summary>
/// The times of a calendar: spans that do not touch, in order. Immutable. Times are Unix milliseconds.
/// </summary>
public sealed class CalendarTimes
{
    /// <summary>No times.</summary>
    public static readonly CalendarTimes None = new([]);

    // The start of a span, its end, the start of the next, and so on, ascending.
    private readonly ImmutableArray<long> edges;

    private CalendarTimes(ImmutableArray<long> edges) => this.edges = edges;

    /// <summary>The start of each span and its end, exclusive, one after the other.</summary>
    public ImmutableArray<long> Edges => edges;

    /// <summary>The number of spans.</summary>
    public int Count => edges.Length / 2;

    /// <summary>Creates times from spans in any order; those that touch or overlap become one.</summary>
    public static CalendarTimes Of(IEnumerable<(long From, long To)> spans)
    {
        var merged = ImmutableArray.CreateBuilder<long>();
        foreach (var (from, to) in spans.Where(static span => span.From < span.To).Order())
        {
            if (merged.Count > 0 && from <= merged[^1])
                merged[^1] = Math.Max(merged[^1], to);
            else
                merged.AddRange(from, to);
        }

        return new CalendarTimes(merged.ToImmutable());
    }

    /// <summary>Creates times from <see cref="Edges"/> that were stored.</summary>
    /// <exception cref="FormatException">The edges do not rise.</exception>
    public static CalendarTimes OfEdges(ImmutableArray<long> edges)
    {
        for (var i = 1; i < edges.Length; i++)
        {
            if (edges[i - 1] >= edges[i])
                throw new FormatException("The times of a calendar are not in order.");
        }

        return edges.Length % 2 == 0 ? new CalendarTimes(edges) : throw new FormatException("A time of a calendar has no end.");
    }

    /// <summary>
    /// Returns whether a time is in the calendar, and the next time at which that changes; <see cref="long.MaxValue"/>
    /// for never.
    /// </summary>
    public (bool IsIn, long Until) At(long time)
    {
        var index = edges.BinarySearch(time);
        var after = index >= 0 ? index + 1 : ~index;
        return (after % 2 == 1, after < edges.Length ? edges[after] : long.MaxValue);
    }

    /// <summary>Returns the spans that end after a time, at most <paramref name="most"/>.</summary>
    public IEnumerable<(long From, long To)> After(long time, int most)
    {
        for (var i = 0; i < edges.Length && most > 0; i += 2)
        {
            if (edges[i + 1] <= time)
                continue;
            most--;
            yield return (edges[i], edges[i + 1]);
        }
    }
}
