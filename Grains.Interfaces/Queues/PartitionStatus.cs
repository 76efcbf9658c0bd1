namespace OrleansTasks.Queues;

/// <summary>A partition's figures.</summary>
/// <param name="Partition">Which one.</param>
/// <param name="Scheduled">Tasks that wait for their time or a backoff.</param>
/// <param name="Queued">Tasks that wait for a slot.</param>
/// <param name="Running">Tasks that a node holds (assigned or running).</param>
/// <param name="OldestQueuedAt">Unix milliseconds: since when the longest waiting ready task waits.</param>
/// <param name="IsRetired">Whether its queue was deleted, and has had no task or job since.</param>
[GenerateSerializer, Immutable, Alias("ot.PartitionStatus")]
public sealed record PartitionStatus(
    [property: Id(0)] PartitionKey Partition,
    [property: Id(1)] int Scheduled,
    [property: Id(2)] int Queued,
    [property: Id(3)] int Running,
    [property: Id(4)] long? OldestQueuedAt,
    [property: Id(5)] bool IsRetired = false);
