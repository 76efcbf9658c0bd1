using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The idempotency keys in use by open calls of this gateway.</summary>
public sealed class Idempotency
{
    /// <summary>The request header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The response header of a replay.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestKey = 255;
    private readonly ConcurrentDictionary<UInt128, bool> inFlight = new();

    /// <summary>
    /// Returns the hash of a request's key, combined with caller and call; null if the request has no key. Throws 400
    /// <c>bad-parameter</c> for an invalid key.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="call">The call. The same key may be used for another method or path.</param>
    internal static byte[]? KeyOf(HttpContext context, ApiCall call)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
            return null;
        var key = header[0] ?? "";
        if (header.Count > 1 || key.Length is 0 or > LongestKey || key.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw QueryValues.Refuse($"{Header} must come once and have 1 to {LongestKey} printable ASCII characters.");
        var caller = context.Features.Get<ICallerFeature>()?.KeyId ?? "";
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{caller}\0{call.Method}\0{call.Path}\0{key}"));
    }

    /// <summary>Returns the entry to commit together with the tasks.</summary>
    internal static IdempotencyEntry EntryOf(byte[] key, byte[] body, StoredAnswer answer) =>
        new(key, SHA256.HashData(body), answer.Encode());

    /// <summary>
    /// Returns the entry to commit for a call whose answer the owner makes; null if the request has no key.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="call">The call.</param>
    /// <param name="resource">The id in the path, which the key is valid for; empty if there is none.</param>
    /// <param name="body">The request's body.</param>
    internal static IdempotencyEntry? EntryOf(HttpContext context, ApiCall call, string resource, byte[] body) =>
        KeyOf(context, call with { Path = call.Path.Replace("{id}", resource, StringComparison.Ordinal) }) is { } key
            ? new IdempotencyEntry(key, SHA256.HashData(body), default)
            : null;

    /// <summary>
    /// Claims a key for the duration of one request. Throws 409 <c>in-flight</c> if another request has it.
    /// </summary>
    internal Claim Enter(ReadOnlyMemory<byte> key)
    {
        var id = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(key.Span);
        return inFlight.TryAdd(id, true) ? new Claim(inFlight, id) : throw new ProblemException(Problems.InFlight());
    }

    /// <summary>A claimed key. Dispose it to release the key.</summary>
    internal readonly struct Claim(ConcurrentDictionary<UInt128, bool>? inFlight, UInt128 id) : IDisposable
    {
        public void Dispose() => inFlight?.TryRemove(id, out _);
    }
}
