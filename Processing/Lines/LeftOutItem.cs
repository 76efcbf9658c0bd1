namespace OrleansTasks.Processing.Lines;

/// <summary>An item of a chunk that a program is not given.</summary>
/// <param name="Index">Its place among the chunk's items, from 0.</param>
/// <param name="Fault">What is wrong with it; null for an empty line, which is no item at all.</param>
/// <param name="Preview">How it begins, for people.</param>
internal readonly record struct LeftOutItem(long Index, string? Fault, string Preview);
