using System.Buffers;
using System.Buffers.Text;
using System.Text;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Processing.Lines;

/// <summary>
/// Converts a chunk's items to lines for a program: strings as they are, anything else as JSON.
/// A string with a line feed cannot be one line, so it is left out and becomes its item's error.
/// </summary>
internal static class LineInput
{
    /// <summary>The error for a string that is more than one line.</summary>
    internal const string HoldsLineFeed = "the text contains a line feed, so it cannot be passed to a command as one line";

    /// <summary>Returns the lines. Items without a line are added to <paramref name="leftOut"/>, in order.</summary>
    internal static ReadOnlyMemory<byte> Of(in ChunkInput input, List<LeftOutItem> leftOut) => input.Format switch
    {
        ItemFormat.Range => OfRange(input),
        ItemFormat.Text => input.Segment,
        ItemFormat.Json when !HasTexts(input.Segment.Span) => input.Segment,
        _ => OfJson(input, leftOut),
    };

    private static ReadOnlyMemory<byte> OfRange(in ChunkInput input)
    {
        var lines = new ArrayBufferWriter<byte>((int)Math.Min(input.Items * 8, 1 << 20) + 32);
        for (var i = 0L; i < input.Items; i++)
        {
            var room = lines.GetSpan(24); // A long has at most 20 characters
            Utf8Formatter.TryFormat(input.First + i, room, out var length);
            room[length] = (byte)'\n';
            lines.Advance(length + 1);
        }

        return lines.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> OfJson(in ChunkInput input, List<LeftOutItem> leftOut)
    {
        var lines = new ArrayBufferWriter<byte>(
            Math.Max(input.Segment.Length, 1)); // A part of a file may have no line.
        var rest = input.Segment;
        for (var i = 0L; i < input.Items; i++)
        {
            var line = input.TakeLine(ref rest);
            var fault = input.FaultOf(line, out var json);
            if (fault is not null || json.IsEmpty)
            {
                leftOut.Add(new LeftOutItem(i, fault, fault is null ? "" : Preview(line.Span)));
                continue;
            }

            var text = json.Span[0] == '"' ? Value.Read(json).Bytes.Span : json.Span;
            if (text.Contains((byte)'\n'))
            {
                leftOut.Add(new LeftOutItem(i, HoldsLineFeed, ""));
                continue;
            }

            lines.Write(text);
            lines.Write("\n"u8);
        }

        return lines.WrittenMemory;
    }

    private static bool HasTexts(ReadOnlySpan<byte> lines) =>
        !lines.IsEmpty && (lines[0] == '"' || lines.IndexOf("\n\""u8) >= 0);

    /// <summary>Returns the beginning of an item's line, for display.</summary>
    internal static string Preview(ReadOnlySpan<byte> line) => ResultFold.Shorten(Encoding.UTF8.GetString(line[..Math.Min(line.Length, 512)]));
}
