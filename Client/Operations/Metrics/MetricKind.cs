namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>How the measurements of an instrument combine.</summary>
internal enum MetricKind
{
    /// <summary>A sum that only rises.</summary>
    Counter,

    /// <summary>The current value.</summary>
    Gauge,

    /// <summary>The distribution of measurements.</summary>
    Histogram,
}
