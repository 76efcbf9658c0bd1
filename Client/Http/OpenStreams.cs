using System.Threading.RateLimiting;

namespace OrleansTasks.Client.Http;

/// <summary>Limits how many endless answers (event streams and followed logs) are open at once.</summary>
/// <param name="most">The maximum number.</param>
public sealed class OpenStreams(int most) : IDisposable
{
    /// <summary>The limit of a gateway.</summary>
    public const int Most = ServiceLimits.EventStreams;

    private readonly ConcurrencyLimiter limiter =
        new(new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 });

    /// <summary>Counts one more open stream until the result is disposed.</summary>
    /// <exception cref="ProblemException">429 <c>rate-limited</c>: the limit is reached.</exception>
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
