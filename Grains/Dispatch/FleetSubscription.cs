
namespace OrleansTasks.Dispatch;

/// <summary>
/// Renews a dispatcher's subscription at the fleet grain. The subscription ends after 30 s, or with the silo of the
/// fleet grain. Until it is renewed, the dispatcher does not hear of workers that went to another silo, so it is
/// renewed more often among several silos. Times are milliseconds of the steady clock. Not thread-safe.
/// </summary>
/// <param name="options">Tell whether there are several silos.</param>
/// <param name="ask">Subscribes; the argument is the version of the fleet snapshot that the core has.</param>
/// <param name="outbox">Sends the request, which may be lost.</param>
internal sealed class FleetSubscription(DispatchOptions options, Func<long, Task> ask, Outbox outbox)
{
    private readonly long period = options.ProofTerm == TimeSpan.Zero ? 10_000 : 2_000;

    // 0: renew after the next round.
    private long renewedAt;

    /// <summary>When to call <see cref="Renew"/> next.</summary>
    public long Next => renewedAt + period;

    /// <summary>Has the subscription renewed after the next round: a new core has no snapshot.</summary>
    public void Reset() => renewedAt = 0;

    /// <summary>Renews the subscription if it is time.</summary>
    public void Renew(long version, long now)
    {
        if (now < Next)
            return;
        renewedAt = now;
        outbox.Hint(() => ask(version));
    }
}
