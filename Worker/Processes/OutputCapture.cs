using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using OrleansTasks.Worker.Handover;

namespace OrleansTasks.Worker.Processes;

/// <summary>Collects the beginning and the end of one stream, and passes the kept part to the sink.</summary>
/// <param name="stream">The stream.</param>
/// <param name="limit">The maximum number of bytes to keep.</param>
/// <param name="hidesProgress">Whether to leave lines of progress out.</param>
internal sealed class OutputCapture(StandardStream stream, long limit, bool hidesProgress = false)
{
    private readonly int headLimit = (int)Math.Min(StreamCapture.HeadLimit, limit);
    private byte[] head = [];
    private int headLength;
    private byte[]? ring;
    private long beyondHead;
    private long written;
    private ProgressLines lines;
    private ProgressFilter? filter = hidesProgress ? new() : null;

    /// <summary>
    /// Adds the bytes that were read next, and passes those within the limit to the sink. Returns whether the sink
    /// keeps the array.
    /// </summary>
    internal bool Add(byte[] array, int length, IOutputSink? sink)
    {
        var bytes = new ReadOnlySpan<byte>(array, 0, length);
        if (filter is { } hiding && !hiding.Passes(bytes))
        {
            var left = hiding.Take(bytes, out var hidden);
            Report(hidden, sink);
            if (!left.IsEmpty) Keep(left, null, sink);
            return false;
        }
        // What passes the filter as it is has no progress.
        if (filter is null) Report(lines.Add(bytes), sink);
        return Keep(bytes, array, sink);
    }

    /// <summary>
    /// Ends the streams of a command: each passes on the start of a last line that it has held back. Returns the
    /// sink's failure instead of throwing it; null if the sink has not failed.
    /// </summary>
    /// <param name="streams">The streams; null for a stream without output.</param>
    /// <param name="sink">Receives the bytes until it fails.</param>
    /// <param name="failure">The sink's earlier failure, if any.</param>
    [SuppressMessage("Design", "CA1031", Justification = "The outcome carries it.")]
    internal static Exception? End(ReadOnlySpan<OutputCapture?> streams, IOutputSink? sink, Exception? failure)
    {
        foreach (var stream in streams)
        {
            try
            {
                stream?.End(failure is null ? sink : null);
            }
            catch (Exception fault)
            {
                failure = fault;
            }
        }

        return failure;
    }

    /// <summary>Ends the stream: passes on the start of a last line that was held back.</summary>
    internal void End(IOutputSink? sink)
    {
        if (filter is { Held.IsEmpty: false })
            Keep(filter.End(), null, sink);
    }

    private static void Report(ProgressLine? progress, IOutputSink? sink)
    {
        if (progress is { } found) sink?.Report(found.Hundredths, found.Message);
    }

    // The bytes start at the beginning of `array`; null if the sink may not keep the array.
    private bool Keep(ReadOnlySpan<byte> bytes, byte[]? array, IOutputSink? sink)
    {
        var offset = written;
        written += bytes.Length;
        var toHead = Math.Min(headLimit - headLength, bytes.Length);
        if (toHead > 0) AddHead(bytes[..toHead]);
        if (toHead < bytes.Length) AddRing(bytes[toHead..]);
        if (sink is null || offset >= limit) return false;
        if (array?.Length == bytes.Length && written <= limit && sink.TryKeep(stream, offset, array)) return true;
        sink.Write(stream, offset, bytes[..(int)Math.Min(limit - offset, bytes.Length)]);
        return false;
    }

    /// <summary>Returns what another program of this process needs to continue.</summary>
    internal CaptureRecord ToRecord() => new()
    {
        Written = written,
        Head = ByteString.CopyFrom(head, 0, headLength),
        Ring = ring is null ? ByteString.Empty : ByteString.CopyFrom(ring),
        BeyondHead = beyondHead,
        Held = filter is null ? ByteString.Empty : ByteString.CopyFrom(filter.Held),
        IsWithinLine = filter is { IsWithinLine: true },
    };

    /// <summary>Continues what an earlier program of this process has collected.</summary>
    internal static OutputCapture Of(
        StandardStream stream, long limit, CaptureRecord record, bool hidesProgress = false)
    {
        var capture = new OutputCapture(stream, limit)
        {
            filter = hidesProgress ? ProgressFilter.Of(record.Held.Span, record.IsWithinLine) : null,
            head = record.Head.ToByteArray(),
            headLength = record.Head.Length,
            written = record.Written,
        };
        if (record.Ring.Length != StreamCapture.TailLimit) return capture;
        (capture.ring, capture.beyondHead) = (record.Ring.ToByteArray(), record.BeyondHead);
        return capture;
    }

    /// <summary>Returns what was collected.</summary>
    internal StreamCapture ToCapture()
    {
        var kept = head.AsMemory(0, headLength);
        return new(Math.Min(written, limit), written, kept, Tail(kept));
    }

    private void AddHead(ReadOnlySpan<byte> bytes)
    {
        // Most commands write one small piece, so the first array has just its size, and the next one the full size.
        if (head.Length < headLength + bytes.Length)
            Array.Resize(ref head, headLength == 0 ? bytes.Length : headLimit);
        bytes.CopyTo(head.AsSpan(headLength));
        headLength += bytes.Length;
    }

    private void AddRing(ReadOnlySpan<byte> bytes)
    {
        ring ??= new byte[StreamCapture.TailLimit];
        beyondHead += bytes.Length;
        if (bytes.Length > ring.Length) bytes = bytes[^ring.Length..];
        var next = (int)((beyondHead - bytes.Length) % ring.Length);
        var first = Math.Min(bytes.Length, ring.Length - next);
        bytes[..first].CopyTo(ring.AsSpan(next));
        bytes[first..].CopyTo(ring);
    }

    private ReadOnlyMemory<byte> Tail(ReadOnlyMemory<byte> kept)
    {
        if (ring is null) return kept[^Math.Min(kept.Length, StreamCapture.TailLimit)..];
        var fromRing = (int)Math.Min(beyondHead, ring.Length);
        var fromHead = Math.Min(ring.Length - fromRing, kept.Length);
        var tail = new byte[fromHead + fromRing];
        kept[^fromHead..].CopyTo(tail);
        var start = (int)((beyondHead - fromRing) % ring.Length);
        var first = Math.Min(fromRing, ring.Length - start);
        ring.AsSpan(start, first).CopyTo(tail.AsSpan(fromHead));
        ring.AsSpan(0, fromRing - first).CopyTo(tail.AsSpan(fromHead + first));
        return tail;
    }
}
