using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// The wait, in milliseconds, between a failed attempt and the next: exponential backoff with full jitter, which
/// spreads tasks that fail together (M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015).
/// </summary>
public static class RetryBackoff
{
    /// <summary>
    /// Returns a random wait from 0 to <see cref="Bound"/>. <paramref name="failures"/> includes the latest failure.
    /// </summary>
    public static long Next(RetryPolicy policy, int failures, IRandomness random) =>
        (long)(Bound(policy, failures) * random.NextFraction());

    /// <summary>
    /// Returns the policy's backoff, doubled for each failure after the first, up to the policy's maximum.
    /// </summary>
    public static long Bound(RetryPolicy policy, int failures)
    {
        // 40 doublings of 1 ms make 34 years, while MaxBackoff is at most 30 days.
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var grown = Math.Min((double)policy.MaxBackoff, policy.Backoff * Math.Pow(2, doublings));
        return (long)grown;
    }
}
