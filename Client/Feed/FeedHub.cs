using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Feed;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// This gateway's end of the dispatchers' feeds: one observer for all, one subscription a queue, made when somebody
/// waits there, refreshed every 10 s, and ended when nobody does any more.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="factory">Makes the observer's reference.</param>
/// <param name="link">The way to the silos: when it is open again, everything is subscribed anew.</param>
/// <param name="gateway">What dispatchers know this gateway by.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed class FeedHub(
    GatewayGrains grains, IGrainFactory factory, IClusterLink link, GatewayName gateway, TimeProvider time, ILogger<FeedHub> logger)
    : BackgroundService, IFeedObserver
{
    /// <summary>How often a subscription is renewed; the dispatcher forgets it after three times as long.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (QueueFeed Feed, long AskedAt)> feeds = [];
    private long lastNumber;
    private IFeedObserver? reference;

    // The runtime keeps observers weakly; this object is a singleton of the host and stays.
    private IFeedObserver Reference =>
        LazyInitializer.EnsureInitialized(ref reference, () => factory.CreateObjectReference<IFeedObserver>(this));

    /// <inheritdoc/>
    public Task Changed(FeedBatch batch)
    {
        Find(batch.Queue)?.Take(batch);
        return Task.CompletedTask;
    }

    /// <summary>How many queues have a feed here, feeds that became idle a moment ago included.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return feeds.Count;
        }
    }

    /// <summary>How many tasks of a queue are being waited for here.</summary>
    public int WatchedIn(string queue) => Find(queue)?.Watched ?? 0;

    /// <summary>Whether commits of a queue are heard of.</summary>
    public bool IsSubscribed(string queue) => Find(queue) is { IsSubscribed: true };

    /// <summary>The feed of a queue; register with it, then subscribe, then read, then wait.</summary>
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

    /// <summary>Makes sure that commits of the queue are heard of from now on.</summary>
    internal Task Subscribe(QueueFeed feed) => feed.Subscribe(gateway.Text, Reference);

    /// <summary>A signal on this gateway's clock.</summary>
    internal Signal NewSignal() => new(time);

    /// <summary>Renews the subscriptions until it is cancelled.</summary>
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
            // A caller that has just asked for a feed is about to listen to it.
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
