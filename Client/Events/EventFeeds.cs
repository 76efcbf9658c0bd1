using OrleansTasks.Client.Feed;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Events;

/// <summary>
/// The partitions whose feeds wake <see cref="EventLog"/>: those with events in the last minute. A partition that is
/// not among them costs at most a second's delay, since the log also looks without being woken. Not thread-safe.
/// </summary>
/// <param name="hub">The feeds.</param>
/// <param name="news">The signal that a feed sets at each commit.</param>
/// <param name="time">The clock.</param>
internal sealed class EventFeeds(FeedHub hub, Signal news, TimeProvider time)
{
    private static readonly TimeSpan ListenFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<PartitionKey, (PartitionFeed Feed, DateTimeOffset Until)> feeds = [];
    private DateTimeOffset nextTidy;

    /// <summary>Listens to a partition for the next minute.</summary>
    public void Listen(PartitionKey partition)
    {
        var until = time.GetUtcNow() + ListenFor;
        if (feeds.TryGetValue(partition, out var known))
        {
            feeds[partition] = (known.Feed, until);
            return;
        }

        var feed = hub.Of(partition);
        feed.Listen(news);
        feeds.Add(partition, (feed, until));
        // Nobody waits for the subscription: the log's next look finds what is committed before it counts.
        _ = hub.Subscribe(feed);
    }

    /// <summary>Stops listening to partitions without recent events.</summary>
    public void Tidy()
    {
        var now = time.GetUtcNow();
        if (now < nextTidy)
            return;
        nextTidy = now + ListenFor;
        foreach (var (partition, (feed, until)) in feeds)
        {
            if (until >= now)
                continue;
            feed.Unlisten(news);
            feeds.Remove(partition);
        }
    }

    /// <summary>Stops listening to all partitions.</summary>
    public void Clear()
    {
        foreach (var (feed, _) in feeds.Values)
            feed.Unlisten(news);
        feeds.Clear();
    }
}
