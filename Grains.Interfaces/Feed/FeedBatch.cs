using OrleansTasks.Queues;

namespace OrleansTasks.Feed;

/// <summary>The transitions of one commit.</summary>
/// <param name="Partition">Whose commit.</param>
/// <param name="Sequence">The commit's number: rises by one with every commit of the partition.</param>
/// <param name="Entries">The transitions, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedBatch")]
public sealed record FeedBatch(
    [property: Id(0)] PartitionKey Partition,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ImmutableArray<FeedEntry> Entries);
