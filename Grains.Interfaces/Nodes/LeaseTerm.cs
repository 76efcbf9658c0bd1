namespace OrleansTasks.Nodes;

/// <summary>
/// When, by its own clock, the worker sent the last heartbeat for which a queue renewed its leases. They may lapse one
/// lease later.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.LeaseTerm")]
public readonly record struct LeaseTerm([property: Id(0)] string Queue, [property: Id(1)] long AsOf);
