using OrleansTasks.Client.Feed;

namespace OrleansTasks.Client.Events;

/// <summary>
/// The queues whose feeds wake <see cref="EventLog"/>: those with events in the last minute. Events of other queues
/// arrive up to a second late, because the log also reads once a second without being woken. Not thread-safe.
/// </summary>
/// <param name="hub">The feeds.</param>
/// <param name="news">The signal that a feed sets at each commit.</param>
/// <param name="time">The clock.</param>
internal sealed class EventFeeds(FeedHub hub, Signal news, TimeProvider time)
{
    private static readonly TimeSpan ListenFor = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (QueueFeed Feed, long At)> feeds = [];
    private long tidiedAt = time.GetTimestamp();

    /// <summary>Listens to a queue for the next minute.</summary>
    public void Listen(string queue)
    {
        var now = time.GetTimestamp();
        if (feeds.TryGetValue(queue, out var known))
        {
            feeds[queue] = (known.Feed, now);
            return;
        }

        var feed = hub.Of(queue);
        feed.Listen(news);
        feeds.Add(queue, (feed, now));
        // No need to await the subscription: until it takes effect, the log's regular reads find the commits.
        _ = hub.Subscribe(feed);
    }

    /// <summary>Stops listening to queues without recent events.</summary>
    public void Tidy()
    {
        if (time.GetElapsedTime(tidiedAt) < ListenFor)
            return;
        tidiedAt = time.GetTimestamp();
        foreach (var (queue, (feed, at)) in feeds)
        {
            if (time.GetElapsedTime(at, tidiedAt) <= ListenFor)
                continue;
            feed.Unlisten(news);
            feeds.Remove(queue);
        }
    }

    /// <summary>Stops listening to all queues.</summary>
    public void Clear()
    {
        foreach (var (feed, _) in feeds.Values)
            feed.Unlisten(news);
        feeds.Clear();
    }
}
