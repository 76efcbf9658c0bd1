using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Jobs;

/// <summary>
/// Splits a source command's output into lines, as <see cref="TextLines"/> defines them. Keeps the position, the uncut lines, and the start of an unfinished
/// line. Does no I/O and reads no clock.
/// </summary>
/// <remarks>
/// Per attempt: <see cref="Begin"/>, then <see cref="Take"/> for each page and <see cref="Cut"/> until no line is left.
/// When the command runs again, <see cref="Begin"/> restarts the reading and skips the lines already cut.
/// <see cref="End"/> follows the last page of an attempt that succeeded. After it, or once <see cref="IsLineTooLong"/>,
/// call neither Begin nor Take.
/// </remarks>
internal sealed class SourceReading
{
    /// <summary>
    /// Limit on the bytes of a line without its line feed: an item is never divided and must fit into a message.
    /// </summary>
    public const int LongestLine = 1 << 20;

    /// <summary>Bytes after the last line feed, not yet repaired to valid UTF-8.</summary>
    private ReadOnlyMemory<byte> start;

    /// <summary>Whether no line of the attempt was read, so that a byte order mark may come.</summary>
    private bool isAtStart;

    /// <summary>Lines still to skip: an earlier attempt or activation has cut them.</summary>
    private long skip;

    /// <summary>Attempt being read; 0 before <see cref="Begin"/>.</summary>
    public int Attempt { get; private set; }

    /// <summary>Offset of the next page in the attempt's output.</summary>
    public long Offset { get; private set; }

    /// <summary>Whole uncut lines, each ended by a line feed alone, valid UTF-8.</summary>
    public ReadOnlyMemory<byte> Lines { get; private set; }

    public long Count { get; private set; }

    /// <summary>Whether all output was taken; lines may still be uncut.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether a line is too long, with invalid bytes replaced; if so, fail the job.</summary>
    public bool IsLineTooLong { get; private set; }

    /// <summary>Why the output is not text, as the end of a sentence; null if it is. If not, fail the job.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether the attempt wrote fewer lines than were cut before; if so, fail the job.</summary>
    public bool IsShort => IsAtEnd && skip > 0;

    /// <summary>
    /// Starts to read an attempt's output: drops uncut lines, which it contains, and skips those already cut.
    /// </summary>
    public void Begin(int attempt, long cut)
    {
        (Attempt, Offset, skip, isAtStart) = (attempt, 0, cut, true);
        (start, Lines, Count) = (default, default, 0);
    }

    /// <summary>Takes the page at <see cref="Offset"/>, without a copy. All earlier lines must be cut.</summary>
    public void Take(ReadOnlyMemory<byte> bytes)
    {
        if (Offset == 0)
            Fault = TextLines.FaultOf(bytes.Span);
        Offset += bytes.Length;
        var end = bytes.Span.LastIndexOf((byte)'\n') + 1;
        if (end == 0)
            start = Join(start, bytes);
        else
        {
            Set(Join(start, bytes[..end]));
            // Copied, so that a short rest does not keep the whole page in memory.
            start = bytes[end..].ToArray();
        }

        // A byte order mark is not the line's, nor is a carriage return before a line feed that may come.
        var around = (isAtStart ? TextLines.MarkLength(start.Span) : 0) + (start.Span is [.., (byte)'\r'] ? 1 : 0);
        IsLineTooLong |= start.Length > LongestLine + around;
    }

    /// <summary>Ends the output; an unfinished last line becomes a line to cut. Earlier lines must be cut.</summary>
    public void End()
    {
        IsAtEnd = true;
        if (isAtStart && start.Span.SequenceEqual("\uFEFF"u8))
            start = default;
        if (!start.IsEmpty)
            Set(Join(start, "\n"u8.ToArray()), isOpen: true);
        start = default;
    }

    /// <summary>Removes the given numbers of lines and of bytes from the front.</summary>
    public void Cut(long lines, long bytes)
    {
        Lines = Lines[(int)bytes..];
        Count -= lines;
    }

    /// <summary>Sets <see cref="Lines"/>, without those to skip, as valid UTF-8.</summary>
    private void Set(ReadOnlyMemory<byte> lines, bool isOpen = false)
    {
        if (isAtStart)
            lines = lines[TextLines.MarkLength(lines.Span)..];
        isAtStart = false;
        for (; skip > 0 && !lines.IsEmpty; skip--)
            lines = lines[(lines.Span.IndexOf((byte)'\n') + 1)..];
        Lines = TextLines.WithoutReturns(TextLines.Repaired(lines), isOpen);
        Count = lines.Span.Count((byte)'\n');
        IsLineTooLong |= HasLongLine(Lines.Span);
    }

    private static bool HasLongLine(ReadOnlySpan<byte> lines)
    {
        while (lines.Length > LongestLine)
        {
            // Lines that end in this stretch are short enough; if none ends, the first is too long.
            var end = lines[..(LongestLine + 1)].LastIndexOf((byte)'\n');
            if (end < 0)
                return true;
            lines = lines[(end + 1)..];
        }

        return false;
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        if (one.IsEmpty)
            return other;
        var joined = new byte[one.Length + other.Length];
        one.CopyTo(joined);
        other.CopyTo(joined.AsMemory(one.Length));
        return joined;
    }
}
