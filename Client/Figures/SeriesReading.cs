using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Figures;

/// <summary>The answer to a query for series.</summary>
/// <param name="From">The second at which the first step begins.</param>
/// <param name="Step">The length of a step in seconds.</param>
/// <param name="Since">The second of the first known value in this resolution; null if there is none.</param>
/// <param name="Series">The series, with one value per step.</param>
internal sealed record SeriesReading(
    long From, int Step, long? Since, IReadOnlyList<(FigureSeries Series, double?[] Values)> Series)
{
    /// <summary>Answers a query. Throws 400 <c>bad-parameter</c> for too many series or points.</summary>
    public static SeriesReading Of(SeriesBook book, SeriesQuery query, long now)
    {
        var (resolution, step) = query.Choose(now);
        var unit = SeriesSpan.All[resolution].Seconds;
        var from = query.From / step * step;
        // Leave out a step that has not ended: its partial value would look like a drop.
        var to = Math.Min(query.To, now / unit * unit);
        var points = (int)Math.Max(0, (to - from + step - 1) / step);
        if (points > 0 && from + ((long)points * step) > now)
            points--;
        var wanted = new List<FigureSeries>();
        foreach (var name in query.Names)
            wanted.AddRange(Find(book, query, name));
        if (wanted.Count > SeriesQuery.MostSeries)
            throw QueryValues.Refuse(
                $"The query matches {wanted.Count} series, but an answer can have at most {SeriesQuery.MostSeries}. "
                    + "Choose some with 'key'.");
        var first = wanted.Select(one => one.Ring(resolution).First).Where(static one => one >= 0).DefaultIfEmpty(-1)
            .Min();
        return new SeriesReading(from, step, first < 0 ? null : first * unit,
        [
            .. wanted.Select(one => (one, Enumerable.Range(0, points)
                .Select(i => one.Over(resolution, (from + ((long)i * step)) / unit, step / unit)).ToArray())),
        ]);
    }

    private static IEnumerable<FigureSeries> Find(SeriesBook book, SeriesQuery query, string name)
    {
        if (query.By.Length == 0)
            return book.Find(new SeriesId(name, "", "")) is { } whole ? [whole] : [];
        if (query.Keys.IsEmpty)
            return book.All.Where(one => one.Id.Name == name && one.Id.By == query.By)
                .OrderBy(static one => one.Id.Key, StringComparer.Ordinal);
        return query.Keys.Distinct().Select(key => book.Find(new SeriesId(name, query.By, key))).OfType<FigureSeries>();
    }
}
