using System.ComponentModel;

namespace OrleansTasks.Client.Contract;

/// <summary>A page of a list. The schema of its items gives it its name.</summary>
internal sealed record CursorList<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    /// <summary>The cursor of the next page.</summary>
    [Description("The value of 'cursor' for the next page; null on the last page.")]
    public string? NextCursor { get; init; } = NextCursor;
}
