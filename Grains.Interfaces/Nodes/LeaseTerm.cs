namespace OrleansTasks.Nodes;

/// <summary>
/// The time, by the worker's own clock, at which it sent the last heartbeat for which a queue renewed its leases. They
/// may lapse one lease duration later.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.LeaseTerm")]
public readonly record struct LeaseTerm([property: Id(0)] string Queue, [property: Id(1)] long AsOf);
