namespace OrleansTasks.Jobs;

/// <summary>
/// How far the output of a command source has been read: whole lines that have not been cut yet, and the start of the next one. Another
/// attempt begins at its start and passes over the lines that have been cut already. Pure.
/// </summary>
internal sealed class SourceReading
{
    /// <summary>The most bytes of a line; a chunk with it alone still fits into what a worker is sent.</summary>
    public const int LongestLine = 1 << 20;

    private ReadOnlyMemory<byte> start;
    private long skip;

    /// <summary>The attempt that is read; 0 before the first page.</summary>
    public int Attempt { get; private set; }

    /// <summary>The byte of its output that comes next.</summary>
    public long Offset { get; private set; }

    /// <summary>Lines that wait to be cut, each ended by a line feed.</summary>
    public ReadOnlyMemory<byte> Lines { get; private set; }

    /// <summary>How many they are.</summary>
    public long Count { get; private set; }

    /// <summary>Whether nothing more will come.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Whether a line is longer than is taken.</summary>
    public bool IsLineTooLong { get; private set; }

    /// <summary>Whether the output has ended before all lines came again that had been cut.</summary>
    public bool IsShort => IsAtEnd && skip > 0;

    /// <summary>Reads an attempt from its start; so many of its lines have been cut.</summary>
    public void Begin(int attempt, long cut)
    {
        (Attempt, Offset, skip) = (attempt, 0, cut);
        (start, Lines, Count) = (default, default, 0);
    }

    /// <summary>Takes the next bytes. All lines before must have been cut.</summary>
    public void Take(ReadOnlyMemory<byte> bytes)
    {
        Offset += bytes.Length;
        var end = bytes.Span.LastIndexOf((byte)'\n') + 1;
        if (end == 0)
            start = Join(start, bytes);
        else
        {
            Set(Join(start, bytes[..end]));
            start = bytes[end..].ToArray();
        }

        IsLineTooLong |= start.Length > LongestLine;
    }

    /// <summary>The output has ended: what is left is a line, too.</summary>
    public void End()
    {
        IsAtEnd = true;
        if (!start.IsEmpty)
            Set(Join(start, "\n"u8.ToArray()));
        start = default;
    }

    /// <summary>So many lines have been cut, which have so many bytes.</summary>
    public void Cut(long lines, long bytes)
    {
        Lines = Lines[(int)bytes..];
        Count -= lines;
    }

    private void Set(ReadOnlyMemory<byte> lines)
    {
        for (; skip > 0 && !lines.IsEmpty; skip--)
            lines = lines[(lines.Span.IndexOf((byte)'\n') + 1)..];
        (Lines, Count) = (Utf8Lines.Repair(lines), lines.Span.Count((byte)'\n'));
        IsLineTooLong |= HasLongLine(Lines.Span);
    }

    private static bool HasLongLine(ReadOnlySpan<byte> lines)
    {
        while (lines.Length > LongestLine)
        {
            // Lines that end within the next stretch are short; the last of them is where the search goes on.
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
