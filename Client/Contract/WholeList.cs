using System.ComponentModel;

namespace OrleansTasks.Client.Contract;

/// <summary>A list that always has all of its items.</summary>
internal sealed record WholeList<T>(IEnumerable<T> Items) : IListAnswer
{
    /// <summary>The cursor of the next page, as all lists have it.</summary>
    [Description("Always null.")]
    public string? NextCursor => null;
}
