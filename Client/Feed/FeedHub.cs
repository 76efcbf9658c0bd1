using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Feed;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// This gateway's end of the dispatchers' feeds. It has one observer for all queues and one subscription per queue,
/// which is made when a caller waits there, renewed every 10 s and when the dispatcher moves, and ended when no caller
/// waits any more.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="factory">Creates the observer's reference.</param>
/// <param name="link">The link to the silos. When it is restored, all subscriptions are renewed.</param>
/// <param name="gateway">The name by which dispatchers know this gateway.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed class FeedHub(
    GatewayGrains grains, IGrainFactory factory, IClusterLink link, GatewayName gateway, TimeProvider time, ILogger<FeedHub> logger)
    : BackgroundService, IFeedObserver
{
    /// <summary>How often a subscription is renewed. The dispatcher drops it after three times as long.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (QueueFeed Feed, long AskedAt)> feeds = [];
    private long lastNumber;
    private IFeedObserver? reference;

    // The runtime holds observers by weak references only. The host keeps this singleton alive.
    private IFeedObserver Reference =>
        LazyInitializer.EnsureInitialized(ref reference, () => factory.CreateObjectReference<IFeedObserver>(this));

    /// <inheritdoc/>
    public Task Changed(FeedBatch batch)
    {
        if (Find(batch.Queue) is not { } feed)
            return Task.CompletedTask;
        if (batch.IsFarewell)
            return feed.Rejoin(gateway.Text, Reference);
        feed.Take(batch);
        return Task.CompletedTask;
    }

    /// <summary>The number of queues with a feed here, including feeds that became idle a moment ago.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return feeds.Count;
        }
    }

    /// <summary>Returns how many tasks of a queue callers are waiting for here.</summary>
    public int WatchedIn(string queue) => Find(queue)?.Watched ?? 0;

    /// <summary>Returns whether this gateway is subscribed to a queue's commits.</summary>
    public bool IsSubscribed(string queue) => Find(queue) is { IsSubscribed: true };

    /// <summary>
    /// Returns the feed of a queue. Register with it, then subscribe, then read, then wait; in this order, no commit is
    /// missed.
    /// </summary>
    internal QueueFeed Of(string queue)
    {
        lock (gate)
        {
            var feed = feeds.TryGetValue(queue, out var known)
                ? known.Feed
                : new QueueFeed(queue, grains.Dispatcher(queue), () => Interlocked.Increment(ref lastNumber), logger);
            feeds[queue] = (feed, time.GetTimestamp());
            return feed;
        }
    }

    /// <summary>Subscribes to a queue's feed, so that all later commits are reported.</summary>
    internal Task Subscribe(QueueFeed feed) => feed.Subscribe(gateway.Text, Reference);

    /// <summary>Creates a signal that uses this gateway's clock.</summary>
    internal Signal NewSignal() => new(time);

    /// <summary>Renews the subscriptions until cancelled.</summary>
    internal async Task Run(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RefreshPeriod, time);
        link.Restored += RefreshAll;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                RefreshAll();
        }
        finally
        {
            link.Restored -= RefreshAll;
        }
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Run(stoppingToken);

    private QueueFeed? Find(string queue)
    {
        lock (gate)
            return feeds.GetValueOrDefault(queue).Feed;
    }

    private void RefreshAll()
    {
        QueueFeed[] known;
        lock (gate)
        {
            // Keep a feed that a caller has just asked for: the caller is about to listen to it.
            foreach (var (queue, (feed, askedAt)) in feeds)
            {
                if (feed.IsIdle && time.GetElapsedTime(askedAt) > RefreshPeriod)
                    feeds.Remove(queue);
            }

            known = [.. feeds.Values.Select(static entry => entry.Feed)];
        }

        foreach (var feed in known)
            feed.Renew(gateway.Text, Reference);
    }
}
