
namespace OrleansTasks.Dispatch;

/// <summary>
/// Renews a dispatcher's subscription at the fleet grain, which ends after 30 s or with that grain's silo. Until it is
/// renewed, the dispatcher misses workers that went to another silo, so several silos renew it more often. <c>ask</c>
/// subscribes with the version of the core's fleet snapshot, and may be lost. Times are milliseconds of the steady
/// clock. Not thread-safe.
/// </summary>
internal sealed class FleetSubscription(DispatchOptions options, Func<long, Task> ask, Outbox outbox)
{
    private readonly long period = options.ProofTerm == TimeSpan.Zero ? 10_000 : 2_000;

    // 0: renew after the next round.
    private long renewedAt;

    public long Next => renewedAt + period;

    /// <summary>Has the subscription renewed after the next round: a new core has no snapshot.</summary>
    public void Reset() => renewedAt = 0;

    public void Renew(long version, long now)
    {
        if (now < Next)
            return;
        renewedAt = now;
        outbox.Hint(() => ask(version));
    }
}
