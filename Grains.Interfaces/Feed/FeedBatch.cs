namespace OrleansTasks.Feed;

/// <summary>The transitions of one commit.</summary>
/// <param name="Queue">The queue of the commit.</param>
/// <param name="Sequence">The commit's number, which rises by one with every commit of the queue.</param>
/// <param name="Entries">The transitions, in order.</param>
[GenerateSerializer, Immutable, Alias("ot.FeedBatch")]
public sealed record FeedBatch(
    [property: Id(0)] string Queue,
    [property: Id(1)] long Sequence,
    [property: Id(2)] ImmutableArray<FeedEntry> Entries)
{
    /// <summary>
    /// Whether this is a dispatcher's last message: its activation ends. The next activation knows no gateway until the
    /// gateway subscribes again. The sequence is 0, which follows no commit, so older gateways wake all waiting
    /// callers.
    /// </summary>
    public bool IsFarewell => Sequence == 0;

    /// <summary>Returns a dispatcher's last message.</summary>
    public static FeedBatch Farewell(string queue) => new(queue, 0, []);
}
