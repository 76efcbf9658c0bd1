using OrleansTasks.Feed;
using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>The gateways that a dispatcher sends its transitions to, each until it has not asked for 30 s.</summary>
internal sealed class FeedSubscribers
{
    private const long Term = 30_000;
    private readonly Dictionary<string, (IFeedObserver Observer, long Until)> byGateway = new(StringComparer.Ordinal);

    public void Add(string gateway, IFeedObserver observer, long now) => byGateway[gateway] = (observer, now + Term);

    public void Remove(string gateway) => byGateway.Remove(gateway);

    public void Publish(FeedBatch batch, long now)
    {
        List<string>? lapsed = null;
        foreach (var (gateway, (observer, until)) in byGateway)
        {
            if (until < now || !TrySend(observer, batch))
                (lapsed ??= []).Add(gateway);
        }

        foreach (var gateway in lapsed ?? [])
            byGateway.Remove(gateway);
    }

    /// <summary>A gateway whose observer cannot be called reads what it missed when it asks again.</summary>
    private static bool TrySend(IFeedObserver observer, FeedBatch batch)
    {
        try
        {
            observer.Changed(batch).LetGo();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
