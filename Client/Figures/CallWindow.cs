using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>What grains were called in a time, over all silos.</summary>
/// <param name="Seconds">How long the time was; 0 while there is no earlier reading.</param>
/// <param name="Calls">The calls in it, by interface and method; those without any are left out.</param>
internal sealed record CallWindow(double Seconds, ImmutableArray<CallFigure> Calls);

/// <summary>A silo at its last reading.</summary>
/// <param name="Figures">What it tells.</param>
/// <param name="Processors">How many processors its process uses; null while there is no earlier reading.</param>
/// <param name="GcPauseP99">
/// How long garbage collections stop it within a second, in milliseconds, in all but one of a hundred of the last 300
/// readings; null before.
/// </param>
internal sealed record SiloNow(SiloFigures Figures, double? Processors, double? GcPauseP99);
