namespace OrleansTasks.Nodes;

/// <summary>The gateways that are told when nodes' events were stored, each until it has not asked for 30 s.</summary>
internal sealed class FleetWatchers
{
    private const long Term = 30_000;
    private readonly Dictionary<string, (IFleetObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    internal void Add(string gateway, IFleetObserver observer, long now) => byGateway[gateway] = (observer, now + Term);

    internal void Tell(long now)
    {
        foreach (var (gateway, (observer, until)) in byGateway.ToArray())
        {
            if (until < now || !TryTell(observer))
                byGateway.Remove(gateway);
        }
    }

    private static bool TryTell(IFleetObserver observer)
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
