using OrleansTasks.Feed;
using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// The gateways that receive the transitions of a partition. A subscription ends 30 s after the gateway asked for it last.
/// A gateway numbers its messages, because one message can overtake another; a message with a lower number than the last
/// one is ignored. A gateway that restarts has a new name and begins to count anew.
/// </summary>
internal sealed class FeedSubscribers
{
    private const long Term = 30_000;
    private readonly Dictionary<string, Subscription> byGateway = new(StringComparer.Ordinal);

    /// <summary>How many gateways are subscribed.</summary>
    public int Count => byGateway.Values.Count(static subscription => subscription.Observer is not null);

    /// <summary>Subscribes a gateway for a term, unless it has asked for something else since.</summary>
    /// <param name="gateway">The gateway's name.</param>
    /// <param name="number">Rises with every message of the gateway; 0 from gateways that do not number them.</param>
    /// <param name="observer">Where transitions go.</param>
    /// <param name="now">The time, in milliseconds of a steady clock.</param>
    public void Add(string gateway, long number, IFeedObserver observer, long now)
    {
        if (!IsOutdated(gateway, number))
            byGateway[gateway] = new Subscription(number, observer, now + Term);
    }

    /// <summary>Ends a gateway's subscription, unless it has asked for something else since.</summary>
    /// <param name="gateway">The gateway's name.</param>
    /// <param name="number">As for <see cref="Add"/>.</param>
    /// <param name="now">The time, in milliseconds of a steady clock.</param>
    public void Remove(string gateway, long number, long now)
    {
        if (IsOutdated(gateway, number))
            return;
        if (number == 0)
            byGateway.Remove(gateway);
        else
            // The number is kept for a term: an older request to subscribe may still be under way.
            byGateway[gateway] = new Subscription(number, null, now + Term);
    }

    /// <summary>Sends a commit's transitions to everybody who is subscribed.</summary>
    public void Publish(FeedBatch batch, long now)
    {
        List<string>? lapsed = null;
        foreach (var (gateway, subscription) in byGateway)
        {
            if (subscription.Until < now || !TrySend(subscription.Observer, batch))
                (lapsed ??= []).Add(gateway);
        }

        foreach (var gateway in lapsed ?? [])
            byGateway.Remove(gateway);
    }

    private bool IsOutdated(string gateway, long number) =>
        byGateway.TryGetValue(gateway, out var known) && number < known.Number;

    /// <summary>A gateway whose observer cannot be called reads what it missed when it asks again.</summary>
    private static bool TrySend(IFeedObserver? observer, FeedBatch batch)
    {
        try
        {
            observer?.Changed(batch).LetGo();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private readonly record struct Subscription(long Number, IFeedObserver? Observer, long Until);
}
