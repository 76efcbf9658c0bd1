using OrleansTasks.Feed;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The gateways that a dispatcher tells of its queue's transitions (new states of tasks and jobs), so that a
/// client's wait for a task ends at once. Gateways subscribe and unsubscribe through <see cref="TaskDispatcherGrain"/>;
/// <see cref="Outbox"/> publishes after every commit. In memory only: a new activation knows no gateway until the
/// gateways renew their subscriptions (every 10 s).
/// </summary>
/// <remarks>
/// A subscription ends 30 s after the gateway's last request to subscribe; the next <see cref="Publish"/> removes its
/// entry. Requests can overtake each other on the way. So a gateway numbers them, and a request with a lower number
/// than that of the gateway's entry is ignored. A gateway that restarts takes a new name, and its numbers begin anew.
/// </remarks>
internal sealed class FeedSubscribers
{
    private const long TermMillis = 30_000;
    private readonly Dictionary<string, Subscription> byGateway = new(StringComparer.Ordinal);

    /// <summary>
    /// How many gateways are subscribed, including those whose 30 s have ended since the last <see cref="Publish"/>.
    /// </summary>
    public int Count => byGateway.Values.Count(static subscription => subscription.Observer is not null);

    /// <summary>
    /// Subscribes a gateway for 30 s, or renews its subscription. Ignored after a request with a higher number.
    /// </summary>
    /// <param name="gateway">The gateway's name.</param>
    /// <param name="number">Rises with every request of the gateway; 0 from gateways that do not number them.</param>
    /// <param name="observer">Where transitions go.</param>
    /// <param name="now">The time in milliseconds, by a clock that does not jump when the wall clock is set.</param>
    public void Add(string gateway, long number, IFeedObserver observer, long now)
    {
        if (!IsOutdated(gateway, number))
            byGateway[gateway] = new Subscription(number, observer, now + TermMillis);
    }

    /// <summary>Ends a gateway's subscription. Ignored after a request with a higher number.</summary>
    /// <param name="gateway">The gateway's name.</param>
    /// <param name="number">As for <see cref="Add"/>.</param>
    /// <param name="now">As for <see cref="Add"/>.</param>
    public void Remove(string gateway, long number, long now)
    {
        if (IsOutdated(gateway, number))
            return;
        if (number == 0)
            byGateway.Remove(gateway);
        else
            // An older request to subscribe may arrive later. The entry stays, without an observer, so that Add can
            // ignore it.
            byGateway[gateway] = new Subscription(number, null, now + TermMillis);
    }

    /// <summary>
    /// Sends a commit's transitions to every subscribed gateway and waits for none. Removes entries whose 30 s are over
    /// or whose observer cannot be called. <paramref name="now"/> is as for <see cref="Add"/>.
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
    /// Whether the observer could be called; true for an entry without an observer. A batch can still be lost on its
    /// way: the gateway then sees a gap in the sequence of commits and reads the store.
    /// </summary>
    private static bool TrySend(IFeedObserver? observer, FeedBatch batch)
    {
        try
        {
            observer?.Changed(batch).FireAndForget();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private readonly record struct Subscription(long Number, IFeedObserver? Observer, long Until);
}
