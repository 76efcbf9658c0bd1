using OrleansTasks.Feed;

namespace OrleansTasks.Events;

/// <summary>The stored transitions of one commit.</summary>
/// <param name="Queue">The queue of the commit.</param>
/// <param name="Sequence">The commit's number in its queue.</param>
/// <param name="At">The time of the commit in Unix milliseconds.</param>
/// <param name="Entries">The transitions, in order.</param>
/// <param name="Number">
/// The record's number in the log of all queues; 0 if the record was read from its queue's events.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.EventRecord")]
public sealed record EventRecord(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Sequence,
    [property: Id(2)] long At,
    [property: Id(3)] ImmutableArray<FeedEntry> Entries,
    [property: Id(4)] long Number = 0);
