using System.Collections.Concurrent;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// This gateway's end of the dispatchers' feeds: one observer for all, one subscription a partition, made when somebody
/// waits there, refreshed every 10 s, and ended when nobody does any more.
/// </summary>
/// <param name="grains">The dispatchers.</param>
/// <param name="factory">Makes the observer's reference.</param>
/// <param name="link">The way to the silos: when it is open again, everything is subscribed anew.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed class FeedHub(
    GatewayGrains grains, IGrainFactory factory, IClusterLink link, TimeProvider time, ILogger<FeedHub> logger)
    : BackgroundService, IFeedObserver
{
    /// <summary>How often a subscription is renewed; the dispatcher forgets it after three times as long.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<PartitionKey, PartitionFeed> feeds = new();
    private readonly string gateway = $"gateway-{Guid.NewGuid():N}";
    private IFeedObserver? reference;

    // The runtime keeps observers weakly; this object is a singleton of the host and stays.
    private IFeedObserver Reference =>
        LazyInitializer.EnsureInitialized(ref reference, () => factory.CreateObjectReference<IFeedObserver>(this));

    /// <inheritdoc/>
    public Task Changed(FeedBatch batch)
    {
        if (feeds.TryGetValue(batch.Partition, out var feed))
            feed.Take(batch);
        return Task.CompletedTask;
    }

    /// <summary>How many tasks of a partition are being waited for here.</summary>
    public int WatchedIn(PartitionKey partition) => feeds.TryGetValue(partition, out var feed) ? feed.Watched : 0;

    /// <summary>Whether commits of a partition are heard of.</summary>
    public bool IsSubscribed(PartitionKey partition) => feeds.TryGetValue(partition, out var feed) && feed.IsSubscribed;

    /// <summary>The feed of a partition; register with it, then subscribe, then read, then wait.</summary>
    internal PartitionFeed Of(PartitionKey partition) =>
        feeds.GetOrAdd(partition, key => new PartitionFeed(key, grains.Dispatcher(key), logger));

    /// <summary>Makes sure that commits of the partition are heard of from now on.</summary>
    internal Task Subscribe(PartitionFeed feed) => feed.Subscribe(gateway, Reference);

    /// <summary>A signal on this gateway's clock.</summary>
    internal Signal NewSignal() => new(time);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
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

    private void RefreshAll()
    {
        foreach (var feed in feeds.Values)
        {
            if (!feed.TryUnsubscribe(gateway))
                _ = feed.Refresh(gateway, Reference);
        }
    }
}
