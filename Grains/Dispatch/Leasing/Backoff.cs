using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Computes how long a task or a chunk run (a chunk of a data job, run as a task is) waits between a failed attempt and
/// the next one. The wait is random below a bound that doubles with every failure (exponential backoff with full
/// jitter; M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015), so tasks that fail together do
/// not start again together. <see cref="Attempts"/> calls this when an attempt has failed and the policy allows
/// another; it waits at least 1 ms. All times are milliseconds.
/// </summary>
public static class Backoff
{
    /// <summary>
    /// Returns a random wait from 0 up to but not including <see cref="Bound"/>; 0 when the bound is 0.
    /// </summary>
    /// <param name="policy">The task's retry policy.</param>
    /// <param name="failures">How many attempts have failed, including the latest: at least 1.</param>
    /// <param name="random">The source of the jitter.</param>
    public static long Next(RetryPolicy policy, int failures, IRandomness random) =>
        (long)(Bound(policy, failures) * random.NextFraction());

    /// <summary>
    /// Returns the bound of the wait: <see cref="RetryPolicy.Backoff"/> after the first failure, twice the previous
    /// bound after each further failure, but never more than <see cref="RetryPolicy.MaxBackoff"/>.
    /// </summary>
    public static long Bound(RetryPolicy policy, int failures)
    {
        // 1 ms doubled 40 times is 34 years, and MaxBackoff is 30 days at most: further doublings change nothing.
        var doublings = Math.Clamp(failures - 1, 0, 40);
        var grown = Math.Min((double)policy.MaxBackoff, policy.Backoff * Math.Pow(2, doublings));
        return (long)grown;
    }
}
