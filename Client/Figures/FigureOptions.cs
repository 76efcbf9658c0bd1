namespace OrleansTasks.Client.Figures;

/// <summary>Where a gateway keeps its series over restarts.</summary>
/// <param name="File">The file; null to keep them in memory alone.</param>
public sealed record FigureOptions(string? File);
