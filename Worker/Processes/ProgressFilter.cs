using System.Buffers;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Removes the lines of progress from one output stream of a command, and reads them like <see cref="ProgressLines"/>.
/// The start of a line is held back as long as the line may be progress, at most
/// <see cref="ProgressLines.LongestLine"/> bytes.
/// </summary>
internal sealed class ProgressFilter
{
    private const byte LineFeed = (byte)'\n';

    private readonly byte[] held = new byte[ProgressLines.LongestLine];
    private readonly ArrayBufferWriter<byte> left = new();
    private int length;

    // Whether the last piece ended in a line that is not progress.
    private bool isWithinLine;

    /// <summary>Continues where another filter was.</summary>
    internal static ProgressFilter Of(ReadOnlySpan<byte> held, bool isWithinLine)
    {
        var filter = new ProgressFilter { length = held.Length, isWithinLine = isWithinLine };
        held.CopyTo(filter.held);
        return filter;
    }

    /// <summary>The start of a line that is held back.</summary>
    internal ReadOnlySpan<byte> Held => held.AsSpan(0, length);

    /// <summary>Whether the stream is within a line that is not progress.</summary>
    internal bool IsWithinLine => isWithinLine;

    /// <summary>
    /// Returns whether a piece passes as it is: no line of progress can begin in it, and nothing is held back.
    /// </summary>
    internal bool Passes(ReadOnlySpan<byte> bytes)
    {
        if (length > 0 || bytes.IsEmpty || (!isWithinLine && ProgressLines.IsStart(bytes)))
            return false;
        for (var rest = bytes; rest.IndexOf(LineFeed) is >= 0 and var end;)
        {
            rest = rest[(end + 1)..];
            if (!rest.IsEmpty && ProgressLines.IsStart(rest))
                return false;
        }

        isWithinLine = bytes[^1] != LineFeed;
        return true;
    }

    /// <summary>Reads the next piece. Returns what is left of it, valid until the next call.</summary>
    /// <param name="bytes">The piece.</param>
    /// <param name="progress">Its last progress; null if it has none.</param>
    internal ReadOnlySpan<byte> Take(ReadOnlySpan<byte> bytes, out ProgressLine? progress)
    {
        progress = null;
        left.ResetWrittenCount();
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf(LineFeed);
            var isWhole = end >= 0;
            var part = isWhole ? bytes[..end] : bytes;
            bytes = isWhole ? bytes[(end + 1)..] : [];
            var isOther = isWithinLine || length + part.Length > held.Length;
            if (!isOther)
            {
                part.CopyTo(held.AsSpan(length));
                length += part.Length;
                part = [];
                isOther = length > 0 && !ProgressLines.IsStart(Held);
                if (!isOther && !isWhole)
                    return left.WrittenSpan;
                if (!isOther && ProgressLines.Parse(Held) is { } found)
                {
                    (progress, length) = (found, 0);
                    continue;
                }
            }

            left.Write(Held);
            left.Write(part);
            if (isWhole)
                left.Write([LineFeed]);
            (length, isWithinLine) = (0, !isWhole);
        }

        return left.WrittenSpan;
    }

    /// <summary>Returns what is held back when the stream has ended: a line without an end is not progress.</summary>
    internal ReadOnlySpan<byte> End()
    {
        var last = Held;
        length = 0;
        return last;
    }
}
