namespace OrleansTasks.Client.Figures;

/// <summary>Where a gateway keeps its series across restarts.</summary>
/// <param name="File">The file; null to keep the series in memory only.</param>
public sealed record FigureOptions(string? File);
