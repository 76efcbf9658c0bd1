namespace OrleansTasks.Nodes;

/// <summary>
/// The HTTP gateways (processes of <c>Client</c>, not Orleans gateways) that the fleet grain notifies after it has
/// stored changes of nodes' states. A notification carries no data, and may come without a change: a gateway that
/// receives one reads the new events from the store. Notifications can be lost, so a gateway with open event streams
/// also reads every few seconds. A gateway subscribes by calling <see cref="IFleetGrain.Watch"/>, and again every 10
/// seconds while a client follows its events; a subscription expires 30 seconds after the last call.
/// </summary>
/// <remarks>
/// Subscriptions are in memory only: a new activation of the fleet grain has none until gateways call again. Times are
/// milliseconds of the fleet grain's <see cref="SteadyClock"/>. Only the fleet grain's turns call the methods, and none
/// of them awaits.
/// </remarks>
internal sealed class FleetWatchers
{
    private const long SubscriptionTerm = 30_000;
    private readonly Dictionary<string, (IFleetObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    /// <summary>
    /// Subscribes a gateway for 30 seconds, or renews its subscription. A gateway that restarts has a new name; its old
    /// entry expires.
    /// </summary>
    internal void Add(string gateway, IFleetObserver observer, long now) => byGateway[gateway] = (observer, now + SubscriptionTerm);

    /// <summary>
    /// Sends a notification to every gateway whose subscription is valid, and does not wait for its delivery. Removes
    /// gateways whose subscription has expired, or to which the call cannot be sent. A call that fails after it was
    /// sent is ignored: the gateway stays subscribed.
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
            // The other gateways must still be notified. If this one is alive, its next call adds it again.
            return false;
        }
    }
}
