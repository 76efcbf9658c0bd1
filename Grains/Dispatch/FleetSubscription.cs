
namespace OrleansTasks.Dispatch;

/// <summary>
/// Renews a dispatcher's subscription to the fleet grain, which expires after 30 s or when that grain's silo stops.
/// Until it is renewed, the dispatcher does not learn of workers that moved to another silo, so it renews every 2 s
/// rather than 10 s if several silos may share the store. <c>ask</c> subscribes with the version of the core's fleet
/// snapshot; the call may be lost. Times are milliseconds of the steady clock. Not thread-safe.
/// </summary>
internal sealed class FleetSubscription(DispatchOptions options, Func<long, Task> ask, Outbox outbox)
{
    private readonly long period = options.ProofTerm == TimeSpan.Zero ? 10_000 : 2_000;

    // When the subscription was last renewed; 0 to renew it after the next round.
    private long renewedAt;

    public long Next => renewedAt + period;

    /// <summary>Makes the next round renew the subscription, because a new core has no fleet snapshot.</summary>
    public void Reset() => renewedAt = 0;

    public void Renew(long version, long now)
    {
        if (now < Next)
            return;
        renewedAt = now;
        outbox.Hint(() => ask(version));
    }
}
