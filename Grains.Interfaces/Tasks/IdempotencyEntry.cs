namespace OrleansTasks.Tasks;

/// <summary>
/// The entry of a request with an <c>Idempotency-Key</c>, stored in the commit that carries out the request.
/// </summary>
/// <param name="Key">The SHA-256 hash over API key id, method, path and the client's key: 32 bytes.</param>
/// <param name="Body">The SHA-256 hash of the request body's exact bytes: 32 bytes.</param>
/// <param name="Answer">
/// The first answer, in the gateway's own format, which the gateway returns to repeated requests. If the first request
/// joined a task (<see cref="SubmitOutcome.Joined"/>), the answer is in the dispatcher's own format.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.IdempotencyEntry")]
public sealed record IdempotencyEntry(
    [property: Id(0)] ReadOnlyMemory<byte> Key,
    [property: Id(1)] ReadOnlyMemory<byte> Body,
    [property: Id(2)] ReadOnlyMemory<byte> Answer)
{
    /// <summary>How long stores keep an entry, in milliseconds: 24 hours.</summary>
    public const long Lifetime = 24 * 3_600_000;
}
