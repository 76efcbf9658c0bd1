using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Agent;

/// <summary>Creates the text that shows how an attempt's output ended.</summary>
internal static class OutputTail
{
    /// <summary>Returns the end of both streams, standard output first, then the system's message, as UTF-8.</summary>
    internal static ByteString Of(ProcessOutcome outcome)
    {
        var output = Text(outcome.StandardOutput);
        var error = Text(outcome.StandardError);
        var message = MessageOf(outcome, hasOutput: output.Length + error.Length > 0);
        if (error.IsEmpty && message.Length == 0)
            return UnsafeByteOperations.UnsafeWrap(output);
        return UnsafeByteOperations.UnsafeWrap((byte[])[.. output.Span, .. error.Span, .. message]);
    }

    private static byte[] MessageOf(ProcessOutcome outcome, bool hasOutput) =>
        outcome.Message is { } words ? Encoding.UTF8.GetBytes(hasOutput ? "\n" + words : words) : [];

    private static ReadOnlyMemory<byte> Text(StreamCapture stream)
    {
        var tail = stream.Tail;
        if (stream.WrittenBytes > tail.Length)
            tail = SkipCutCharacter(tail);
        // Decoding and encoding replaces every invalid sequence with U+FFFD.
        return Utf8.IsValid(tail.Span) ? tail : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(tail.Span));
    }

    private static ReadOnlyMemory<byte> SkipCutCharacter(ReadOnlyMemory<byte> bytes)
    {
        var skip = 0;
        while (skip < 3 && skip < bytes.Length && (bytes.Span[skip] & 0xC0) == 0x80) // A continuation byte of UTF-8
            skip++;
        return bytes[skip..];
    }
}
