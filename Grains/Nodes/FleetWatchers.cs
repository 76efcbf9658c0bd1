namespace OrleansTasks.Nodes;

/// <summary>
/// Gateways (processes of <c>Client</c>) to notify of stored changes. A notification has no data, may come without a
/// change and may be lost, so gateways also poll. In memory only: gateways subscribe every 10 s. Times are milliseconds
/// of the fleet grain's <see cref="SteadyClock"/>.
/// </summary>
internal sealed class FleetWatchers
{
    private const long SubscriptionTerm = 30_000;
    private readonly Dictionary<string, (IFleetObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    /// <summary>Adds or renews a gateway for 30 s. A restarted gateway has a new name; the old entry expires.</summary>
    internal void Add(string gateway, IFleetObserver observer, long now) => byGateway[gateway] = (observer, now + SubscriptionTerm);

    /// <summary>
    /// Notifies all subscribed gateways without waiting. Drops those whose subscription expired or to which the call
    /// cannot be sent, but not those whose call fails later.
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
