using System.Text;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>A line with a match.</summary>
/// <param name="Offset">The byte of the stream at which the first match in the line begins.</param>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Text">The line without its line ending; of a long line, the part around the match.</param>
internal readonly record struct LineMatch(long Offset, long Line, string Text);

/// <summary>
/// Searches a stream of output piece by piece. It buffers the unfinished line at the end of a piece: at most
/// <see cref="LongestLine"/> plus a piece.
/// A longer line is searched in parts that overlap by <see cref="Overlap"/> bytes; the pattern sees each part as a
/// line.
/// </summary>
/// <remarks>
/// The state is a position (<see cref="Offset"/> and <see cref="Line"/>) and whether the line there has already matched
/// (<see cref="IsFound"/>), in which case its rest is skipped.
/// A new search of the same stream with the same state continues exactly where this one stopped.
/// </remarks>
internal sealed class LineSearch
{
    /// <summary>The number of bytes at which a line is searched in parts.</summary>
    public const int LongestLine = 1024 * 1024;

    /// <summary>The overlap of the parts of a long line, in bytes; longer than any string to search for.</summary>
    public const int Overlap = 1024;

    /// <summary>
    /// About how many bytes are searched between two checks for the end of the time. A pattern may take some
    /// microseconds per byte.
    /// </summary>
    public const int Part = 16 * 1024;

    private const int ShownBefore = 200;
    private const int Shown = 1_000;

    private readonly LineMatcher matcher;
    private byte[] held = [];
    private int start;
    private int end;

    /// <summary>Creates a search that starts at a position reached by an earlier one.</summary>
    public LineSearch(LineMatcher matcher, long offset, long line, bool isFound) =>
        (this.matcher, Offset, Line, IsFound) = (matcher, offset, line, isFound);

    /// <summary>The first byte that has not been searched.</summary>
    public long Offset { get; private set; }

    /// <summary>The number of the line that contains this byte, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Whether this line has already matched.</summary>
    public bool IsFound { get; private set; }

    /// <summary>The first byte that has not been added.</summary>
    public long Next => Offset + (end - start);

    private ReadOnlySpan<byte> Held => held.AsSpan(start, end - start);

    /// <summary>
    /// Adds the next bytes and searches all complete lines. Returns false if it stopped earlier, because
    /// <paramref name="found"/> has reached <paramref name="most"/> matches or <paramref name="isOver"/> returned true.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isLast">Whether no bytes follow, so that the last line is complete.</param>
    /// <param name="most">The maximum number of matches in <paramref name="found"/>.</param>
    /// <param name="found">Receives the matches.</param>
    /// <param name="isOver">
    /// Whether to stop; called after each <see cref="Part"/> and each match. Null to never stop.
    /// </param>
    public bool Add(ReadOnlySpan<byte> bytes, bool isLast, int most, List<LineMatch> found, Func<bool>? isOver = null)
    {
        Append(bytes);
        while (true)
        {
            if (IsFound && !PassLine())
                return true;
            var lines = Searchable(isLast);
            if (lines.IsEmpty)
                return true;
            // Stop before the next match, where a later search continues.
            if (found.Count >= most)
                return false;
            var at = matcher.Find(lines);
            if (at < 0)
                Drop(KeepsOverlap(lines, isLast) ? lines.Length - Overlap : lines.Length);
            else
            {
                var first = lines[..at].LastIndexOf((byte)'\n') + 1;
                found.Add(new LineMatch(
                    Offset + at, Line + lines[..at].Count((byte)'\n'), TextAround(lines, first, at)));
                Drop(at);
                IsFound = true;
            }

            if (end > start && isOver?.Invoke() == true)
                return false;
        }
    }

    // Returns what to search next: complete lines of about Part bytes, or a part of a line too long to buffer.
    private ReadOnlySpan<byte> Searchable(bool isLast)
    {
        var all = Held;
        if (isLast && all.Length <= Part)
            return all;
        var whole = all[..Math.Min(all.Length, Part)].LastIndexOf((byte)'\n') + 1;
        if (whole == 0)
            whole = all.IndexOf((byte)'\n') + 1;
        return whole == 0 && (isLast || all.Length >= LongestLine) ? all : all[..whole];
    }

    // Within a long line, a match may begin in one part and end in the next.
    private static bool KeepsOverlap(ReadOnlySpan<byte> lines, bool isLast) => !isLast && lines[^1] != '\n';

    /// <summary>Drops the rest of the line that has matched. Returns false if its end has not been added yet.</summary>
    private bool PassLine()
    {
        var newline = Held.IndexOf((byte)'\n');
        Drop(newline < 0 ? Held.Length : newline + 1);
        IsFound = newline < 0;
        return newline >= 0;
    }

    private void Drop(int count)
    {
        Line += Held[..count].Count((byte)'\n');
        Offset += count;
        start += count;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var kept = end - start;
        if (held.Length - end < bytes.Length)
        {
            var into = held.Length >= kept + bytes.Length ? held : new byte[kept + bytes.Length];
            Held.CopyTo(into);
            (held, start, end) = (into, 0, kept);
        }

        bytes.CopyTo(held.AsSpan(end));
        end += bytes.Length;
    }

    private static string TextAround(ReadOnlySpan<byte> lines, int first, int at)
    {
        var length = lines[at..].IndexOf((byte)'\n');
        var last = length < 0 ? lines.Length : at + length;
        var from = Math.Max(first, at - ShownBefore);
        var to = Math.Min(last, from + Shown);
        // Do not cut a character in two.
        while (from > first && from < at && IsInside(lines[from]))
            from++;
        while (to < last && to > at && IsInside(lines[to]))
            to--;
        var text = lines[from..to];
        return Encoding.UTF8.GetString(to == last && text.EndsWith("\r"u8) ? text[..^1] : text);
    }

    // Whether a byte is a UTF-8 continuation byte (10xxxxxx).
    private static bool IsInside(byte value) => (value & 0xC0) == 0x80;
}
