using OrleansTasks.Events;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="QueueCommit"/> writes of workflows, with the tasks of their nodes. The store refuses a change of a
/// workflow that is not stored: retention may have removed it.
/// </summary>
public sealed record WorkflowCommit
{
    /// <summary>New and changed workflows, one row each.</summary>
    public IReadOnlyCollection<WorkflowRow> Rows { get; init; } = [];

    /// <summary>Outlines of new workflows, by number.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Outlines { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>New and changed items, one row for each node with <c>forEach</c>.</summary>
    public IReadOnlyCollection<ItemsRow> Items { get; init; } = [];

    /// <summary>Lists of items by the number of the node's own task; replaces an earlier list.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Lists { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>New and changed jobs, one row for each node.</summary>
    public IReadOnlyCollection<NodeJobRow> Jobs { get; init; } = [];

    /// <summary>Changes of workflows, in order, for the <see cref="IResourceEventStore"/>.</summary>
    public IReadOnlyCollection<(TaskId Id, ResourceState State)> Events { get; init; } = [];
}
