namespace OrleansTasks.Tasks;

/// <summary>
/// How long a task waits before its next attempt: exponential with full jitter (M. Brooker, "Exponential backoff and
/// jitter", AWS Architecture Blog, 2015), so that tasks that failed together do not come back together.
/// </summary>
public static class Backoff
{
    /// <summary>
    /// Milliseconds to wait after the <paramref name="failures"/>-th failed attempt (from 1): from 0 up to but not including
    /// <see cref="Bound"/>.
    /// </summary>
    public static long Next(RetryPolicy policy, int failures, IRandomness random) =>
        (long)(Bound(policy, failures) * random.NextFraction());

    /// <summary>
    /// Milliseconds that <see cref="Next"/> stays below: the policy's backoff, doubled for each further failure, at most its largest.
    /// </summary>
    public static long Bound(RetryPolicy policy, int failures)
    {
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var grown = Math.Min((double)policy.MaxBackoff, policy.Backoff * Math.Pow(2, doublings));
        return (long)grown;
    }
}
