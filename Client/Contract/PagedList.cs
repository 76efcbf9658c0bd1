using OrleansTasks.Client.Http;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// What the contract says about a page of a list. <see cref="ListAnswer.SendPage"/> and <see cref="LongList"/> write pages
/// item by item, because a page that has become too long ends early.
/// </summary>
internal sealed record PagedList<T>(IReadOnlyList<T> Items) : IListAnswer
{
    /// <summary>The cursor of the next page; null on the last page.</summary>
    [RefersTo("Cursor")]
    public string? NextCursor => null;
}
