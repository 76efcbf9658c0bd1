namespace OrleansTasks.Nodes;

/// <summary>
/// The gateways that the fleet grain notifies after it has stored node events.
/// A gateway subscribes by calling <see cref="IFleetGrain.Watch"/>.
/// A subscription expires 30 seconds after the gateway's last call. Times are Unix milliseconds.
/// </summary>
internal sealed class FleetWatchers
{
    private const long SubscriptionTerm = 30_000;
    private readonly Dictionary<string, (IFleetObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    /// <summary>Subscribes a gateway for 30 seconds, or renews the gateway's subscription.</summary>
    internal void Add(string gateway, IFleetObserver observer, long now) => byGateway[gateway] = (observer, now + SubscriptionTerm);

    /// <summary>
    /// Notifies every gateway and does not wait for an answer. Removes a gateway whose subscription has expired or
    /// whose observer cannot be called.
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
            observer.NodesChanged().LetGo();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
