namespace OrleansTasks.Processing.Lines;

/// <summary>An item of a chunk that is not passed to the program.</summary>
/// <param name="Index">The item's index in the chunk, from 0.</param>
/// <param name="Fault">What is wrong with the item; null for an empty line, which is not an item.</param>
/// <param name="Preview">The beginning of the item, for display.</param>
internal readonly record struct LeftOutItem(long Index, string? Fault, string Preview);
