using OrleansTasks.Contract;

namespace OrleansTasks.Client.Contract;

/// <summary>A page of a list. The schema of its items gives it its name.</summary>
internal sealed record CursorList<T>(IReadOnlyList<T> Items, string? NextCursor) : IListAnswer
{
    /// <summary>The cursor of the next page.</summary>
    [RefersTo("Cursor")]
    public string? NextCursor { get; init; } = NextCursor;
}
