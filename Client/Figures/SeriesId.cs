namespace OrleansTasks.Client.Figures;

/// <summary>Identifies a series.</summary>
/// <param name="Name">The figure, such as <c>queue.depth</c>.</param>
/// <param name="By">
/// The kind of thing that it is about: <c>queue</c>, <c>node</c>, <c>reason</c> or <c>grain</c>; empty for the whole
/// service.
/// </param>
/// <param name="Key">The name or id of that thing; empty for the whole service.</param>
internal readonly record struct SeriesId(string Name, string By, string Key);
