namespace OrleansTasks.Nodes;

/// <summary>
/// The gateways that the fleet grain notifies after it has stored node events. A notification has no data: the gateway
/// then reads the events. Notifications can be lost, so gateways also read from time to time. A gateway subscribes by
/// calling <see cref="IFleetGrain.Watch"/>, and renews its subscription while it has listeners. A subscription expires
/// 30 seconds after the last call. All of it is in memory: a new activation of the fleet grain has no subscriptions
/// until gateways call again. Times are Unix milliseconds of the fleet grain's steady clock.
/// </summary>
internal sealed class FleetWatchers
{
    private const long SubscriptionTerm = 30_000;
    private readonly Dictionary<string, (IFleetObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    /// <summary>Subscribes a gateway for 30 seconds, or renews the gateway's subscription.</summary>
    internal void Add(string gateway, IFleetObserver observer, long now) => byGateway[gateway] = (observer, now + SubscriptionTerm);

    /// <summary>
    /// Notifies every gateway whose subscription is valid, without waiting for an answer. Removes the others, and those
    /// whose observer throws at the call itself. A failure after that is ignored.
    /// </summary>
    internal void Notify(long now)
    {
        foreach (var (gateway, (observer, until)) in byGateway.ToArray())
        {
            if (until < now || !TryNotify(observer))
                byGateway.Remove(gateway);
        }
    }

    private static bool TryNotify(IFleetObserver observer)
    {
        try
        {
            observer.NodesChanged().FireAndForget();
            return true;
        }
        catch (Exception)
        {
            // Such a gateway must not keep the others from being notified. It subscribes again when it is back.
            return false;
        }
    }
}
