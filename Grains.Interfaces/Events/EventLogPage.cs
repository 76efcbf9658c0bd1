namespace OrleansTasks.Events;

/// <summary>A part of the log of all queues' events, and which of the log is stored, from one moment.</summary>
/// <param name="Trimmed">The largest number of a record that was removed for its age; 0 when none was.</param>
/// <param name="Last">The number of the newest record, stored or removed; 0 before the first.</param>
/// <param name="Records">The records, in the order of their numbers.</param>
[GenerateSerializer, Immutable, Alias("ot.EventLogPage")]
public sealed record EventLogPage(
    [property: Id(0)] long Trimmed,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<EventRecord> Records);
