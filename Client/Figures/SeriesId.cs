namespace OrleansTasks.Client.Figures;

/// <summary>Names a series.</summary>
/// <param name="Name">What it shows, such as <c>queue.depth</c>.</param>
/// <param name="By">
/// Of what: <c>queue</c>, <c>node</c>, <c>reason</c> or <c>grain</c>; empty for the whole service.
/// </param>
/// <param name="Key">Of which one; empty for the whole service.</param>
internal readonly record struct SeriesId(string Name, string By, string Key);
