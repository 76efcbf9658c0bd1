namespace OrleansTasks.Client.Operations.Metrics;

/// <summary>How the measurements of an instrument add up.</summary>
internal enum MetricKind
{
    /// <summary>A sum that only rises.</summary>
    Counter,

    /// <summary>A value as it is now.</summary>
    Gauge,

    /// <summary>How measurements are spread.</summary>
    Histogram,
}
