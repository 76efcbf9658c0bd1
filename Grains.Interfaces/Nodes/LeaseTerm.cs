namespace OrleansTasks.Nodes;

/// <summary>
/// From when the leases of one queue that a worker holds count. One lease length later they may lapse.
/// </summary>
/// <param name="Queue">The queue.</param>
/// <param name="AsOf">
/// When the worker sent the latest heartbeat for which the queue's dispatcher has renewed them, by the worker's own
/// clock.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.LeaseTerm")]
public readonly record struct LeaseTerm([property: Id(0)] string Queue, [property: Id(1)] long AsOf);
