using System.Buffers;
using System.IO.Pipelines;

namespace OrleansTasks.Cluster.Tls;

/// <summary>What a peer's first bytes are.</summary>
internal enum Speech
{
    /// <summary>The peer has sent nothing.</summary>
    Nothing,

    /// <summary>A TLS handshake.</summary>
    Handshake,

    /// <summary>A TLS alert, by which a peer refuses a connection.</summary>
    Alert,

    /// <summary>Anything else, such as Orleans' protocol without TLS.</summary>
    Other,
}

/// <summary>
/// Passes on what a peer sends, and notes the first bytes. They tell TLS from Orleans' own protocol, whose first four
/// bytes are a length of at most 1,024, the lowest byte first.
/// </summary>
internal sealed class FirstBytes(PipeReader inner) : PipeReader
{
    /// <summary>The alert "protocol version", with which a silo answers a peer that uses TLS differently.</summary>
    internal static readonly ReadOnlyMemory<byte> Refusal = new byte[] { 21, 3, 3, 0, 2, 2, 70 };

    private const int Enough = 3;
    private const byte AlertRecord = 21, HandshakeRecord = 22, Version3 = 3, LatestMinor = 4;

    private bool isNoted;

    /// <summary>What the peer sent first.</summary>
    internal Speech Speech { get; private set; }

    /// <summary>Waits for a peer's first bytes and leaves them to be read.</summary>
    internal static async Task<Speech> Peek(PipeReader input, CancellationToken cancellation)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellation);
            var (speech, isComplete) = (Tell(result.Buffer), result.IsCompleted || result.IsCanceled);
            if (isComplete || result.Buffer.Length >= Enough)
            {
                input.AdvanceTo(result.Buffer.Start);
                return speech;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        return isNoted ? reading : Note(reading);

        async ValueTask<ReadResult> Note(ValueTask<ReadResult> pending) => Noted(await pending);
    }

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        var isRead = inner.TryRead(out result);
        if (isRead && !isNoted)
            Noted(result);
        return isRead;
    }

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
        inner.AdvanceTo(consumed, examined);

    /// <inheritdoc/>
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Returns what a peer's first bytes are.</summary>
    internal static Speech Tell(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
            return Speech.Nothing;
        Span<byte> first = stackalloc byte[Enough];
        var count = (int)Math.Min(Enough, bytes.Length);
        bytes.Slice(0, count).CopyTo(first);
        return count < Enough || first[1] != Version3 || first[2] is 0 or > LatestMinor ? Speech.Other : first[0] switch
        {
            HandshakeRecord => Speech.Handshake,
            AlertRecord => Speech.Alert,
            _ => Speech.Other,
        };
    }

    private ReadResult Noted(ReadResult result)
    {
        if (!result.Buffer.IsEmpty)
            (isNoted, Speech) = (true, Tell(result.Buffer));
        return result;
    }
}
