using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>A task that a filter matches, with what a bulk operation needs to know of it.</summary>
/// <param name="Id">The task.</param>
/// <param name="Partition">Its partition.</param>
/// <param name="State">Its state when it was read.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskMatch")]
public readonly record struct TaskMatch(
    [property: Id(0)] TaskId Id,
    [property: Id(1)] PartitionKey Partition,
    [property: Id(2)] TaskState State);
