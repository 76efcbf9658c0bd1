namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Waits that double with each failure up to a bound, each cut at random so that many workers do not return at once.
/// </summary>
/// <param name="first">The bound of the first wait.</param>
/// <param name="longest">No wait is longer.</param>
/// <param name="random">Where the jitter comes from.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private readonly TimeSpan initial = first;
    private TimeSpan bound = first;

    /// <summary>Whether nothing has failed since the last success.</summary>
    public bool IsFresh => bound == initial;

    /// <summary>The next wait: between half the bound and the bound.</summary>
    public TimeSpan Next()
    {
        var wait = bound * (0.5 + random.NextDouble() / 2);
        bound = bound * 2 < longest ? bound * 2 : longest;
        return wait;
    }

    /// <summary>Something succeeded.</summary>
    public void Reset() => bound = initial;
}
