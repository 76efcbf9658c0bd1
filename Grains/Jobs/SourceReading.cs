namespace OrleansTasks.Jobs;

/// <summary>
/// Splits the output of a source command into lines, and keeps the whole lines that have not been cut into chunks and
/// the start of the next line. When another attempt of the command is read, from the start of its output, the reading
/// skips as many lines as have been cut. Performs no I/O and reads no clock.
/// <para>
/// For each attempt: <see cref="Begin"/>, then <see cref="Take"/> with page after page, and <see cref="Cut"/> until no line is left before
/// the next page. An attempt may be given up for the next <see cref="Begin"/> at any time. <see cref="End"/> comes once, when the output of
/// an attempt is complete; after it, or after <see cref="IsLineTooLong"/>, nothing is begun or taken.
/// </para>
/// </summary>
internal sealed class SourceReading
{
    /// <summary>
    /// The largest length of a line, in bytes, without its line feed. A chunk with one line of this length still fits into a message to a
    /// worker.
    /// </summary>
    public const int LongestLine = 1 << 20;

    /// <summary>The start of a line whose end has not been read.</summary>
    private ReadOnlyMemory<byte> start;

    /// <summary>The number of lines that are still to be skipped.</summary>
    private long skip;

    /// <summary>The number of the attempt whose output is read; 0 before the first page.</summary>
    public int Attempt { get; private set; }

    /// <summary>The position of the next byte to read in the attempt's output.</summary>
    public long Offset { get; private set; }

    /// <summary>The lines that have not been cut, each with its line feed, as valid UTF-8.</summary>
    public ReadOnlyMemory<byte> Lines { get; private set; }

    /// <summary>The number of lines in <see cref="Lines"/>.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the whole output has been read.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>
    /// Whether the output has a line that is longer than <see cref="LongestLine"/>, once it is valid UTF-8. The caller then fails the job.
    /// </summary>
    public bool IsLineTooLong { get; private set; }

    /// <summary>Whether the output of this attempt has ended with fewer lines than had been cut when it began.</summary>
    public bool IsShort => IsAtEnd && skip > 0;

    /// <summary>Starts to read the output of an attempt at its first byte; forgets lines of the attempt before that were not cut.</summary>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="cut">The number of lines that have been cut, which the reading skips.</param>
    public void Begin(int attempt, long cut)
    {
        (Attempt, Offset, skip) = (attempt, 0, cut);
        (start, Lines, Count) = (default, default, 0);
    }

    /// <summary>
    /// Takes the next bytes of the output, which must not change afterwards: they may be kept without a copy. All earlier lines must have
    /// been cut.
    /// </summary>
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

    /// <summary>
    /// Ends the reading after all output was taken and all earlier lines were cut. The rest of the output, if any, is the last line.
    /// </summary>
    public void End()
    {
        IsAtEnd = true;
        if (!start.IsEmpty)
            Set(Join(start, "\n"u8.ToArray()));
        start = default;
    }

    /// <summary>Removes lines that have been cut, from the first on.</summary>
    /// <param name="lines">The number of lines.</param>
    /// <param name="bytes">The length of these lines in <see cref="Lines"/>, in bytes.</param>
    public void Cut(long lines, long bytes)
    {
        Lines = Lines[(int)bytes..];
        Count -= lines;
    }

    /// <summary>Replaces <see cref="Lines"/> with the next whole lines, without those to skip.</summary>
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
            // Every line that ends in this stretch is short enough. The search continues after the last of them.
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
