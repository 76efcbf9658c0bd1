using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>A silo at its last reading.</summary>
/// <param name="Figures">The figures that the silo reported.</param>
/// <param name="Processors">
/// The number of processors that its process uses; null if there is no earlier reading.
/// </param>
/// <param name="GcPauseP99">
/// The milliseconds per second for which garbage collection stops the silo, as the 99th percentile of the last 300
/// readings; null if there is no earlier reading.
/// </param>
internal sealed record SiloNow(SiloFigures Figures, double? Processors, double? GcPauseP99);
