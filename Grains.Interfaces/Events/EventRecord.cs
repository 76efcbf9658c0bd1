using OrleansTasks.Feed;

namespace OrleansTasks.Events;

/// <summary>The stored transitions of one commit.</summary>
/// <param name="Queue">Whose commit.</param>
/// <param name="Sequence">The commit's number in its queue.</param>
/// <param name="At">Unix milliseconds.</param>
/// <param name="Entries">The transitions, in order.</param>
/// <param name="Number">Its number in the log of all queues; 0 when it was read as one of its queue.</param>
[GenerateSerializer, Immutable, Alias("ot.EventRecord")]
public sealed record EventRecord(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Sequence,
    [property: Id(2)] long At,
    [property: Id(3)] ImmutableArray<FeedEntry> Entries,
    [property: Id(4)] long Number = 0);
