using OrleansTasks.Client.Gateway;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Nodes;

namespace OrleansTasks.Client.Feed;

/// <summary>
/// Receives the fleet's notifications that node events were stored. It is subscribed while there are listeners, and
/// renews the subscription every 10 s.
/// </summary>
/// <param name="grains">The fleet.</param>
/// <param name="factory">Creates the observer's reference.</param>
/// <param name="link">The link to the silos. When it is restored, the subscription is renewed.</param>
/// <param name="gateway">The name by which the fleet knows this gateway.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class NodeFeed(
    GatewayGrains grains, IGrainFactory factory, IClusterLink link, GatewayName gateway, TimeProvider time, ILogger<NodeFeed> logger)
    : BackgroundService, IFleetObserver
{
    private readonly Lock gate = new();
    private readonly HashSet<Signal> listeners = [];
    private IFleetObserver? reference;
    private long changes;

    /// <summary>
    /// A number that rises with each notification. A reader that last saw another number should look for new events.
    /// </summary>
    internal long Changes => Interlocked.Read(ref changes);

    /// <inheritdoc/>
    public Task NodesChanged()
    {
        Interlocked.Increment(ref changes);
        lock (gate)
        {
            foreach (var listener in listeners)
                listener.Set();
        }

        return Task.CompletedTask;
    }

    /// <summary>Sets the signal at every change that is stored after the returned task completes.</summary>
    internal Task Listen(Signal signal)
    {
        lock (gate)
            listeners.Add(signal);
        return Watch();
    }

    /// <summary>Ends <see cref="Listen"/>.</summary>
    internal void Unlisten(Signal signal)
    {
        lock (gate)
            listeners.Remove(signal);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FeedHub.RefreshPeriod, time);
        link.Restored += Renew;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                Renew();
        }
        finally
        {
            link.Restored -= Renew;
        }
    }

    private void Renew()
    {
        lock (gate)
        {
            if (listeners.Count == 0)
                return;
        }

        _ = Watch();
    }

    // The runtime holds observers by weak references only. The host keeps this singleton alive.
    private async Task Watch()
    {
        try
        {
            await grains.Fleet.Watch(
                gateway.Text, LazyInitializer.EnsureInitialized(ref reference, () => factory.CreateObjectReference<IFleetObserver>(this)));
        }
        catch (Exception fault)
        {
            LogWatchFailed(fault);
        }
    }

    [LoggerMessage(EventId = 5211, Level = LogLevel.Debug, Message = "Cannot watch the fleet at the moment; events of "
        + "nodes are delayed by some seconds.")]
    private partial void LogWatchFailed(Exception fault);
}
