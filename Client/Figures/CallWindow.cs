using OrleansTasks.Cluster;

namespace OrleansTasks.Client.Figures;

/// <summary>The grain calls in a period, over all silos.</summary>
/// <param name="Seconds">The length of the period; 0 if there is no earlier reading.</param>
/// <param name="Calls">The calls in it, by interface and method. Methods without calls are left out.</param>
internal sealed record CallWindow(double Seconds, ImmutableArray<CallFigure> Calls);
