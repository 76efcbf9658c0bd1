using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// The wait, in ms, between a failed attempt and the next: exponential backoff with full jitter, which spreads tasks
/// that fail together (M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015).
/// </summary>
public static class Backoff
{
    /// <summary>A random wait below <see cref="Bound"/>, or 0; <paramref name="failures"/> counts the latest.</summary>
    public static long Next(RetryPolicy policy, int failures, IRandomness random) =>
        (long)(Bound(policy, failures) * random.NextFraction());

    /// <summary>The policy's backoff, doubled with each failure after the first, up to its maximum.</summary>
    public static long Bound(RetryPolicy policy, int failures)
    {
        // 40 doublings of 1 ms are 34 years; MaxBackoff is at most 30 days.
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var grown = Math.Min((double)policy.MaxBackoff, policy.Backoff * Math.Pow(2, doublings));
        return (long)grown;
    }
}
