namespace OrleansTasks.Feed;

/// <summary>The transitions of one commit.</summary>
/// <param name="Queue">The queue of the commit.</param>
/// <param name="Sequence">The commit's number, which rises by one with every commit of the queue.</param>
/// <param name="Entries">The transitions, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedBatch")]
public sealed record FeedBatch(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ImmutableArray<FeedEntry> Entries);
