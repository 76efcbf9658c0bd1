using OrleansTasks.Events;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What a <see cref="QueueCommit"/> writes of workflows, together with the tasks of their nodes. The store refuses
/// the commit when a workflow to be changed is not stored: retention may have removed it since it was read.
/// </summary>
public sealed record WorkflowCommit
{
    /// <summary>The workflows that are new or changed: one row each.</summary>
    public IReadOnlyCollection<WorkflowRow> Rows { get; init; } = [];

    /// <summary>The outlines of those that are new, by number.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Outlines { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>The items that are new or changed: one row for each node with <c>forEach</c>.</summary>
    public IReadOnlyCollection<ItemsRow> Items { get; init; } = [];

    /// <summary>Lists of items that were read, by the number of the node's task. An earlier one is replaced.</summary>
    public IReadOnlyDictionary<long, ReadOnlyMemory<byte>> Lists { get; init; } =
        new Dictionary<long, ReadOnlyMemory<byte>>();

    /// <summary>The jobs of nodes that are new or changed: one row for each node.</summary>
    public IReadOnlyCollection<NodeJobRow> Jobs { get; init; } = [];

    /// <summary>
    /// What happened to workflows, in order: stored as events of resources (<see cref="IResourceEventStore"/>).
    /// </summary>
    public IReadOnlyCollection<(TaskId Id, ResourceState State)> Events { get; init; } = [];
}
