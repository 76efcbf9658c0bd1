namespace OrleansTasks.Events;

/// <summary>
/// A page of the log of all queues' events, with the range of the log that was stored when the page was read.
/// </summary>
/// <param name="Trimmed">The largest number of a record that was removed for its age; 0 if none was.</param>
/// <param name="Last">The number of the newest record, stored or removed; 0 before the first.</param>
/// <param name="Records">The records, in the order of their numbers.</param>
[GenerateSerializer, Immutable, Alias("ot.EventLogPage")]
public sealed record EventLogPage(
    [property: Id(0)] long Trimmed,
    [property: Id(1)] long Last,
    [property: Id(2)] ImmutableArray<EventRecord> Records);
