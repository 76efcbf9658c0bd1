namespace OrleansTasks.Tasks;

/// <summary>What a creating request with an <c>Idempotency-Key</c> stores in the commit of what it created.</summary>
/// <param name="Key">SHA-256 over API key id, method, path and the client's key: 32 bytes.</param>
/// <param name="Body">SHA-256 of the request body, byte for byte: 32 bytes.</param>
/// <param name="Answer">The first answer, in the gateway's own form; given back to repeats.</param>
[GenerateSerializer, Immutable, Alias("ot.IdempotencyEntry")]
public sealed record IdempotencyEntry(
    [property: Id(0)] ReadOnlyMemory<byte> Key,
    [property: Id(1)] ReadOnlyMemory<byte> Body,
    [property: Id(2)] ReadOnlyMemory<byte> Answer);
