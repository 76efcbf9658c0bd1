namespace OrleansTasks.Storage;

/// <summary>
/// A <see cref="QueueCommit"/>'s changes to workflows; their tasks are in the commit itself. The store refuses a change
/// to a workflow that is not stored, because retention may have removed it.
/// </summary>
public sealed record WorkflowCommit
{
    /// <summary>New and changed workflows, one row each.</summary>
    public IReadOnlyCollection<WorkflowRow> Rows { get; init; } = [];

    /// <summary>Outlines of new workflows, by number.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Outlines { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>New and changed items, one row for each <c>forEach</c> node.</summary>
    public IReadOnlyCollection<ItemsRow> Items { get; init; } = [];

    /// <summary>Item lists, by the number of the node's own task. A list replaces an earlier one.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Lists { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>New and changed data jobs, one row for each node.</summary>
    public IReadOnlyCollection<NodeJobRow> Jobs { get; init; } = [];
}
