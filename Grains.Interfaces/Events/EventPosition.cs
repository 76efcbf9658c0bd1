using OrleansTasks.Queues;

namespace OrleansTasks.Events;

/// <summary>Which events of a partition are stored.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="First">The oldest stored sequence; 0 when nothing is stored.</param>
/// <param name="Last">The newest commit's sequence, stored or trimmed; 0 before the first commit.</param>
[GenerateSerializer, Immutable, Alias("ot.EventPosition")]
public readonly record struct EventPosition(
    [property: Id(0)] PartitionKey Partition,
    [property: Id(1)] long First,
    [property: Id(2)] long Last);
