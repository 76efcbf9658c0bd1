using System.Diagnostics.Metrics;
using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>An instrument as a Prometheus metric.</summary>
internal sealed class Metric
{
    private static readonly double[] Seconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private static readonly double[] Sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 16384, 65536, 1048576];

    private readonly Instrument instrument;
    private readonly SeriesTable table;
    private readonly MetricKind kind;

    /// <summary>Creates the metric of an instrument.</summary>
    public Metric(Instrument instrument)
    {
        this.instrument = instrument;
        kind = KindOf(instrument);
        Name = MetricName.Of(instrument.Name, instrument.Unit, kind);
        var bounds = BoundsOf(instrument);
        table = new SeriesTable(labels => kind == MetricKind.Histogram
            ? new HistogramSeries(labels, bounds)
            : new ValueSeries(labels, adds: !instrument.IsObservable && !IsOf(instrument, typeof(Gauge<>))));
    }

    /// <summary>The metric's name in the text format.</summary>
    public string Name { get; }

    /// <summary>Adds a measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, long collection)
    {
        if (table.Find(tags) is not { } series)
            return;
        series.Collection = collection;
        series.Record(value);
    }

    /// <summary>Writes all series. Of an observable instrument, only those that this collection has observed.</summary>
    public void Write(StringBuilder text, long collection)
    {
        var headed = false;
        foreach (var series in table.All())
        {
            if (instrument.IsObservable && series.Collection != collection)
                continue;
            if (!headed)
                PrometheusText.Header(text, Name, instrument.Description, kind);
            headed = true;
            series.Write(text, Name);
        }
    }

    private static MetricKind KindOf(Instrument instrument) =>
        IsOf(instrument, typeof(Histogram<>)) ? MetricKind.Histogram
        : IsOf(instrument, typeof(Counter<>)) || IsOf(instrument, typeof(ObservableCounter<>)) ? MetricKind.Counter
        : MetricKind.Gauge;

    private static bool IsOf(Instrument instrument, Type type) => instrument.GetType().GetGenericTypeDefinition() == type;

    private static double[] BoundsOf(Instrument instrument)
    {
        double[]? advised = instrument switch
        {
            Histogram<double> h => h.Advice?.HistogramBucketBoundaries?.ToArray(),
            Histogram<long> h => h.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<int> h => h.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            _ => null,
        };
        return advised ?? (instrument.Unit == "s" ? Seconds : Sizes);
    }
}
