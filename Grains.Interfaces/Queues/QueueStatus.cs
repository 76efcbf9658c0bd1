namespace OrleansTasks.Queues;

/// <summary>A queue's figures.</summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Scheduled">Tasks that wait for their time or a backoff.</param>
/// <param name="Queued">Tasks that wait for a slot.</param>
/// <param name="Running">Tasks that a node holds (assigned or running).</param>
/// <param name="OldestQueuedAt">Unix milliseconds: since when the longest waiting ready task waits.</param>
/// <param name="IsRetired">Whether it was deleted, and has had no task or job since.</param>
[GenerateSerializer, Immutable, Alias("ot.QueueStatus")]
public sealed record QueueStatus(
    [property: Id(0)] string Queue,
    [property: Id(1)] int Scheduled,
    [property: Id(2)] int Queued,
    [property: Id(3)] int Running,
    [property: Id(4)] long? OldestQueuedAt,
    [property: Id(5)] bool IsRetired = false);
