using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Idempotency keys on their way through this gateway.</summary>
public sealed class Idempotency
{
    /// <summary>The request header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>The response header of a replay.</summary>
    public const string ReplayedHeader = "Idempotency-Replayed";

    private const int LongestKey = 255;
    private readonly ConcurrentDictionary<UInt128, bool> inFlight = new();

    /// <summary>
    /// The key of a request, hashed; null when it has none. Throws 400 <c>bad-parameter</c> for one that is not
    /// allowed.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="call">The call, whose method and path the key counts for.</param>
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

    /// <summary>What goes into the commit with the tasks.</summary>
    internal static IdempotencyEntry EntryOf(byte[] key, byte[] body, StoredAnswer answer) =>
        new(key, SHA256.HashData(body), answer.Encode());

    /// <summary>
    /// What goes into the commit of a call whose owner makes the answer; null when the request has no key.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="call">The call.</param>
    /// <param name="resource">What the path names, which the key counts for; empty when it names nothing.</param>
    /// <param name="body">The request's body.</param>
    internal static IdempotencyEntry? EntryOf(HttpContext context, ApiCall call, string resource, byte[] body) =>
        KeyOf(context, call with { Path = call.Path.Replace("{id}", resource, StringComparison.Ordinal) }) is { } key
            ? new IdempotencyEntry(key, SHA256.HashData(body), default)
            : null;

    /// <summary>Claims a key for the time of one request; throws 409 <c>in-flight</c> when another has it.</summary>
    internal Claim Enter(ReadOnlyMemory<byte> key)
    {
        var id = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(key.Span);
        return inFlight.TryAdd(id, true) ? new Claim(inFlight, id) : throw new ProblemException(Problems.InFlight());
    }

    /// <summary>A claimed key; disposing frees it.</summary>
    internal readonly struct Claim(ConcurrentDictionary<UInt128, bool>? inFlight, UInt128 id) : IDisposable
    {
        public void Dispose() => inFlight?.TryRemove(id, out _);
    }
}
