using System.Diagnostics.Metrics;
using System.Text;

namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>
/// Listens to the instruments of this process (the service's own, the web server's and the runtime's) and writes them
/// in Prometheus text format.
/// </summary>
public sealed class MetricsCollector : IDisposable
{
    private static readonly string[] Meters =
        ["OrleansTasks", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly MeterListener listener = new();
    private readonly List<Metric> metrics = [];
    private readonly Lock gate = new();
    private long collection;

    /// <summary>Starts to listen.</summary>
    public MetricsCollector()
    {
        listener.InstrumentPublished = Publish;
        listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<short>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<int>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<long>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<float>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<double>((_, value, tags, state) => Record(value, tags, state));
        listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => Record((double)value, tags, state));
        listener.Start();
    }

    /// <summary>Returns everything measured so far, with observable instruments read now.</summary>
    public string Collect()
    {
        // One collection at a time, because a series remembers only the last collection that observed it.
        lock (gate)
        {
            Interlocked.Increment(ref collection);
            listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);
            foreach (var metric in Snapshot())
                metric.Write(text, collection);
            return text.ToString();
        }
    }

    /// <inheritdoc />
    public void Dispose() => listener.Dispose();

    private void Publish(Instrument instrument, MeterListener listener)
    {
        var meter = instrument.Meter.Name;
        if (!Meters.Any(name => meter == name || meter.StartsWith(name + ".", StringComparison.Ordinal)))
            return;
        Metric metric;
        lock (metrics)
        {
            var made = new Metric(instrument);
            // Two meters may have instruments of the same name, but the text may contain a metric only once.
            metric = metrics.Find(known => known.Name == made.Name) ?? made;
            if (ReferenceEquals(metric, made))
                metrics.Add(made);
        }

        listener.EnableMeasurementEvents(instrument, metric);
    }

    private Metric[] Snapshot()
    {
        lock (metrics)
            return [.. metrics.OrderBy(metric => metric.Name, StringComparer.Ordinal)];
    }

    private void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        ((Metric)state!).Record(value, tags, Volatile.Read(ref collection));
}
