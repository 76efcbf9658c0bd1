using OrleansTasks.Feed;
using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

/// <summary>
/// The gateways that receive the transitions of a partition. A subscription ends 30 s after the gateway's last request; its entry is
/// removed by the next <see cref="Publish"/>. Requests can overtake each other, so a gateway numbers them: one with a lower number
/// than the gateway's entry has is ignored. A gateway that restarts has a new name and begins to count anew.
/// </summary>
internal sealed class FeedSubscribers
{
    private const long TermMillis = 30_000;
    private readonly Dictionary<string, Subscription> byGateway = new(StringComparer.Ordinal);

    /// <summary>How many gateways are subscribed; those whose 30 s ended after the last <see cref="Publish"/> included.</summary>
    public int Count => byGateway.Values.Count(static subscription => subscription.Observer is not null);

    /// <summary>Subscribes a gateway for 30 s, or renews its subscription. Ignored after a request with a higher number.</summary>
    /// <param name="gateway">The gateway's name.</param>
    /// <param name="number">Rises with every message of the gateway; 0 from gateways that do not number them.</param>
    /// <param name="observer">Where transitions go.</param>
    /// <param name="now">The time, in milliseconds of a steady clock.</param>
    public void Add(string gateway, long number, IFeedObserver observer, long now)
    {
        if (!IsOutdated(gateway, number))
            byGateway[gateway] = new Subscription(number, observer, now + TermMillis);
    }

    /// <summary>Ends a gateway's subscription. Ignored after a request with a higher number.</summary>
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
            // An older request to subscribe may still be under way: by this entry, which has no observer, Add knows it as older.
            byGateway[gateway] = new Subscription(number, null, now + TermMillis);
    }

    /// <summary>
    /// Sends a commit's transitions to every subscribed gateway. Removes entries that have ended or whose observer cannot be called.
    /// </summary>
    public void Publish(FeedBatch batch, long now)
    {
        List<string>? removed = null;
        foreach (var (gateway, subscription) in byGateway)
        {
            if (subscription.Until < now || !TrySend(subscription.Observer, batch))
                (removed ??= []).Add(gateway);
        }

        foreach (var gateway in removed ?? [])
            byGateway.Remove(gateway);
    }

    private bool IsOutdated(string gateway, long number) =>
        byGateway.TryGetValue(gateway, out var known) && number < known.Number;

    /// <summary>
    /// Whether the observer could be called; true for an entry without one. A batch that is lost on its way shows to the gateway as
    /// a gap in the sequence.
    /// </summary>
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
