namespace OrleansTasks.ApiClient.Transport;

/// <summary>One answer of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">The cursor of the next page; null after the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
