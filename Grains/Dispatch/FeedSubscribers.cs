using OrleansTasks.Feed;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The gateways that a dispatcher notifies of its queue's transitions, so that clients' waits end at once. In memory
/// only: a new activation knows no gateway until the gateway subscribes again, which it does when the last activation
/// says farewell, and every 10 s. Times are milliseconds of the steady clock.
/// </summary>
/// <remarks>
/// A subscription expires 30 s after the gateway's last request, and the next <see cref="Publish"/> removes it.
/// Requests can overtake each other, so a gateway numbers them in ascending order, and a request with a lower number
/// than the latest is ignored. A restarted gateway takes a new name, so its numbers can start over.
/// </remarks>
internal sealed class FeedSubscribers
{
    private const long TermMillis = 30_000;
    private readonly Dictionary<string, Subscription> byGateway = new(StringComparer.Ordinal);

    /// <summary>
    /// The number of subscribed gateways, including expired ones until the next <see cref="Publish"/>.
    /// </summary>
    public int Count => byGateway.Values.Count(static subscription => subscription.Observer is not null);

    public void Add(string gateway, long number, IFeedObserver observer, long now)
    {
        if (!IsOutdated(gateway, number))
            byGateway[gateway] = new Subscription(number, observer, now + TermMillis);
    }

    public void Remove(string gateway, long number, long now)
    {
        // Keeps the entry, without an observer, so that Add ignores an older request that arrives later.
        if (!IsOutdated(gateway, number)) byGateway[gateway] = new Subscription(number, null, now + TermMillis);
    }

    /// <summary>
    /// Sends a commit's transitions to every gateway without waiting for replies. Removes entries that have expired or
    /// whose observer cannot be called.
    /// </summary>
    /// <param name="batch">The transitions.</param>
    /// <param name="now">The time.</param>
    /// <param name="isGone">Tells which observers can no longer be called; null if all can.</param>
    public void Publish(FeedBatch batch, long now, Predicate<IFeedObserver>? isGone = null)
    {
        List<string>? removed = null;
        foreach (var (gateway, subscription) in byGateway)
        {
            if (subscription.Until < now || (subscription.Observer is { } observer && isGone?.Invoke(observer) == true)
                || !TrySend(subscription.Observer, batch))
                (removed ??= []).Add(gateway);
        }

        foreach (var gateway in removed ?? [])
            byGateway.Remove(gateway);
    }

    private bool IsOutdated(string gateway, long number) =>
        byGateway.TryGetValue(gateway, out var known) && number < known.Number;

    /// <summary>
    /// Returns true if the observer was called or is null. A batch may still be lost: the gateway then sees a gap in
    /// the sequence of commits and reads the store.
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
