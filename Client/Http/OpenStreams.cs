using System.Threading.RateLimiting;

namespace OrleansTasks.Client.Http;

/// <summary>Bounds how many answers without an end are open at once: event streams, and logs that are followed.</summary>
/// <param name="most">How many there may be.</param>
public sealed class OpenStreams(int most) : IDisposable
{
    /// <summary>How many a gateway has at once.</summary>
    public const int Most = 1_000;

    private readonly ConcurrencyLimiter limiter = new(new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 });

    /// <summary>Counts one more until what it returns is disposed.</summary>
    /// <exception cref="ProblemException">429 <c>rate-limited</c>: there are as many as there may be.</exception>
    public IDisposable Open()
    {
        var lease = limiter.AttemptAcquire();
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        throw new ProblemException(Problems.TooManyStreams(most));
    }

    /// <inheritdoc/>
    public void Dispose() => limiter.Dispose();
}
