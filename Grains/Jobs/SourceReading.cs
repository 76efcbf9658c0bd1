namespace OrleansTasks.Jobs;

/// <summary>
/// Splits the output of a job's source command into lines; each line is an item of the job. <see cref="SourceFeed"/>
/// reads the output page by page and passes each page to <see cref="Take"/>. The feed then cuts whole lines into chunks
/// and removes them with <see cref="Cut"/>. This type keeps the position in the output, the whole lines that are not
/// cut yet, and the start of a line whose end is on the next page. Performs no I/O and reads no clock.
/// </summary>
/// <remarks>
/// The order of calls for each attempt of the command: <see cref="Begin"/>, then <see cref="Take"/> for each page,
/// and <see cref="Cut"/> after each page until no line is left. <see cref="End"/> is called once, when all output of
/// an attempt that succeeded was taken. Before that, <see cref="Begin"/> may be called again at any time, because the
/// command runs again: the new output is read from its start, and as many lines are skipped as were cut before.
/// After <see cref="End"/>, or once <see cref="IsLineTooLong"/> is true, neither <see cref="Begin"/> nor
/// <see cref="Take"/> may be called.
/// </remarks>
internal sealed class SourceReading
{
    /// <summary>
    /// The largest length of a line, in bytes of valid UTF-8 without its line feed. A longer line fails the job.
    /// An item is never divided, so a chunk with a line of this length must fit into a message to a worker.
    /// </summary>
    public const int LongestLine = 1 << 20;

    /// <summary>
    /// The bytes after the last line feed: the start of a line whose end has not been read.
    /// Not repaired to valid UTF-8 yet.
    /// </summary>
    private ReadOnlyMemory<byte> start;

    /// <summary>
    /// The number of lines still to be skipped. These lines are in chunks already, which were cut from the output of
    /// an earlier attempt, or by an earlier activation of the job's grain.
    /// </summary>
    private long skip;

    /// <summary>The number of the attempt whose output is read; 0 before the first <see cref="Begin"/>.</summary>
    public int Attempt { get; private set; }

    /// <summary>The position of the next page in the attempt's output, in bytes.</summary>
    public long Offset { get; private set; }

    /// <summary>
    /// The whole lines that have been taken and not been cut, each with its line feed, as valid UTF-8.
    /// </summary>
    public ReadOnlyMemory<byte> Lines { get; private set; }

    /// <summary>The number of lines in <see cref="Lines"/>.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Whether <see cref="End"/> was called: the whole output was taken, though lines may still have to be cut.
    /// </summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>
    /// Whether a line longer than <see cref="LongestLine"/> was found. The caller then fails the job and cuts nothing
    /// more. Bytes that are not UTF-8 are replaced before a line is measured, which can make it longer.
    /// </summary>
    public bool IsLineTooLong { get; private set; }

    /// <summary>
    /// Whether the output ended while lines were still to be skipped: this attempt wrote fewer lines than were cut
    /// from earlier output. The caller then fails the job.
    /// </summary>
    public bool IsShort => IsAtEnd && skip > 0;

    /// <summary>
    /// Starts to read the output of an attempt at its first byte.
    /// Forgets all lines that were taken and not cut, because the new output contains them, too.
    /// </summary>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="cut">
    /// The number of lines of this command that are in chunks already. This many lines are skipped.
    /// </param>
    public void Begin(int attempt, long cut)
    {
        (Attempt, Offset, skip) = (attempt, 0, cut);
        (start, Lines, Count) = (default, default, 0);
    }

    /// <summary>
    /// Takes the next page of the output, from <see cref="Offset"/> on. <see cref="Count"/> must be 0, because the
    /// page's lines replace <see cref="Lines"/>. The bytes must not change afterwards: they may be kept without a copy.
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
            // A copy, so that a short rest does not keep the whole page in memory.
            start = bytes[end..].ToArray();
        }

        IsLineTooLong |= start.Length > LongestLine;
    }

    /// <summary>
    /// Ends the reading. All output must have been taken and all lines cut.
    /// Bytes after the last line feed become the last line, which still has to be cut.
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

    /// <summary>
    /// Replaces <see cref="Lines"/> with the given whole lines, without those to skip, as valid UTF-8.
    /// </summary>
    private void Set(ReadOnlyMemory<byte> lines)
    {
        for (; skip > 0 && !lines.IsEmpty; skip--)
            lines = lines[(lines.Span.IndexOf((byte)'\n') + 1)..];
        // The repair changes no line feeds, so the count is the same before and after it.
        (Lines, Count) = (Utf8Lines.Repair(lines), lines.Span.Count((byte)'\n'));
        IsLineTooLong |= HasLongLine(Lines.Span);
    }

    private static bool HasLongLine(ReadOnlySpan<byte> lines)
    {
        while (lines.Length > LongestLine)
        {
            // A line that ends within this stretch, line feed included, is short enough:
            // the search goes on after the last of them. When none ends, the first line is too long.
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
