namespace OrleansTasks.Queues;

/// <summary>
/// A queue's counts. Running includes assigned tasks. OldestQueuedAt is when the ready task that has waited longest
/// became ready, in Unix milliseconds. A retired queue was deleted and has had no task or job since.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.QueueStatus")]
public sealed record QueueStatus(
    [property: Id(0)] string Queue,
    [property: Id(1)] int Scheduled,
    [property: Id(2)] int Queued,
    [property: Id(3)] int Running,
    [property: Id(4)] long? OldestQueuedAt,
    [property: Id(5)] bool IsRetired = false);
