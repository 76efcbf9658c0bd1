namespace OrleansTasks.Client.Figures;

/// <summary>
/// All series of a gateway: at most <see cref="Most"/>, which take about 17 MiB. The values of further keys go to one
/// series per name, with the key <see cref="Other"/>. Not thread-safe.
/// </summary>
internal sealed class SeriesBook
{
    /// <summary>Maximum number of series, not counting those with the key <see cref="Other"/>.</summary>
    public const int Most = 1_024;

    /// <summary>The key for everything that has no series of its own.</summary>
    public const string Other = "other";

    // In seconds.
    private const int ForgetPeriod = 60;
    private static readonly (string Name, double Share)[] Quantiles = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
    private readonly Dictionary<SeriesId, FigureSeries> series = [];
    private readonly Dictionary<SeriesId, QuantileSeries> quantiles = [];
    private long finishedAt;
    private long? forgotAt;

    /// <summary>All series.</summary>
    public IReadOnlyCollection<FigureSeries> All => series.Values;

    /// <summary>The current second. Steps that end before it are finished.</summary>
    public long Now => finishedAt;

    /// <summary>Adds a value to a series.</summary>
    public void Note(long second, SeriesId id, string unit, SeriesKind kind, double value) =>
        Of(id, unit, kind).Note(second, value);

    /// <summary>
    /// Adds durations, as counts per bucket. They become three series, named with the suffixes <c>.p50</c>, <c>.p95</c>
    /// and <c>.p99</c>.
    /// </summary>
    public void Note(long second, SeriesId id, ReadOnlySpan<long> counts)
    {
        if (!quantiles.ContainsKey(id))
            id = Placed(id, Quantiles.Length);
        if (!quantiles.TryGetValue(id, out var known))
            quantiles[id] = known = new QuantileSeries(
                [.. Quantiles.Select(one =>
                    (Make(id with { Name = $"{id.Name}.{one.Name}" }, "ms", SeriesKind.Peak), one.Share))]);
        known.Note(second, counts);
    }

    /// <summary>Finishes all steps that end at or before the given second.</summary>
    public void Finish(long second)
    {
        finishedAt = second;
        for (var i = 0; i < SeriesSpan.All.Length; i++)
        {
            var step = SeriesSpan.All[i].StepAt(second);
            foreach (var one in quantiles.Values)
                one.Finish(i, step);
            foreach (var one in series.Values)
                one.Finish(i, step);
        }
    }

    /// <summary>Returns a series; null if it does not exist.</summary>
    public FigureSeries? Find(SeriesId id) => series.GetValueOrDefault(id);

    /// <summary>Returns a series, and creates it if it does not exist.</summary>
    public FigureSeries Of(SeriesId id, string unit, SeriesKind kind) =>
        series.TryGetValue(id, out var known) ? known : Make(Placed(id, 1), unit, kind);

    private FigureSeries Make(SeriesId id, string unit, SeriesKind kind)
    {
        if (!series.TryGetValue(id, out var known))
            series[id] = known = new FigureSeries(id, unit, kind);
        return known;
    }

    /// <summary>
    /// Returns the id for new series: the given one, or one with the key <see cref="Other"/> when the book is full.
    /// </summary>
    private SeriesId Placed(SeriesId id, int count)
    {
        if (id.Key.Length == 0 || series.Count + count <= Most)
            return id;
        Forget();
        return series.Count + count <= Most ? id : id with { Key = Other };
    }

    // Drops series whose last value is older than the longest retention: nothing of them can be shown any more.
    private void Forget()
    {
        if (finishedAt - forgotAt < ForgetPeriod)
            return;
        forgotAt = finishedAt;
        var longest = SeriesSpan.All[SeriesSpan.Stored];
        var oldest = finishedAt - ((long)longest.Steps * longest.Seconds);
        foreach (var (id, one) in series)
        {
            if (id.Key.Length == 0 || one.NotedAt > oldest)
                continue;
            series.Remove(id);
            var end = Quantiles.FirstOrDefault(quantile =>
                id.Name.EndsWith($".{quantile.Name}", StringComparison.Ordinal)).Name;
            if (end is not null)
                quantiles.Remove(id with { Name = id.Name[..^(end.Length + 1)] });
        }
    }
}
