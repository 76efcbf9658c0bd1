namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Waits that double with each failure up to a bound. Each is shortened at random, so that many workers do not return
/// at once.
/// </summary>
/// <param name="first">The bound of the first wait.</param>
/// <param name="longest">The maximum wait.</param>
/// <param name="random">The source of the jitter.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private readonly TimeSpan initial = first;
    private TimeSpan bound = first;

    /// <summary>Whether nothing has failed since the last success.</summary>
    public bool IsFresh => bound == initial;

    /// <summary>Returns the next wait: between half the bound and the bound.</summary>
    public TimeSpan Next()
    {
        var wait = bound * (0.5 + random.NextDouble() / 2);
        bound = bound * 2 < longest ? bound * 2 : longest;
        return wait;
    }

    /// <summary>Records a success: the next wait is short again.</summary>
    public void Reset() => bound = initial;
}
