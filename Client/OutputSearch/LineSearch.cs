using System.Text;

namespace OrleansTasks.Client.OutputSearch;

/// <summary>A line in which something was found.</summary>
/// <param name="Offset">The byte of the stream at which the first match in the line begins.</param>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Text">The line, or what is around the match when the line is long, without its end.</param>
internal readonly record struct LineMatch(long Offset, long Line, string Text);

/// <summary>
/// Searches a stream of output piece by piece. Holds the line that a piece ends in, at most <see cref="LongestLine"/>
/// and a piece. A longer line is searched in parts that overlap by <see cref="Overlap"/> bytes: each part is as a line
/// to a pattern.
/// </summary>
/// <remarks>
/// The state is the place (<see cref="Offset"/>, <see cref="Line"/>), and whether the line there has been found already
/// (<see cref="IsFound"/>), so that the rest of it is passed over. A search of the same stream that begins with the
/// same state goes on as this one would have done.
/// </remarks>
internal sealed class LineSearch
{
    /// <summary>The bytes from which on a line is searched in parts.</summary>
    public const int LongestLine = 1024 * 1024;

    /// <summary>By how many bytes the parts of a long line overlap; more than a text to look for has.</summary>
    public const int Overlap = 1024;

    /// <summary>
    /// About how many bytes are searched before the caller is asked whether the time is over. A pattern may take some
    /// microseconds for each.
    /// </summary>
    public const int Part = 16 * 1024;

    private const int ShownBefore = 200;
    private const int Shown = 1_000;

    private readonly LineMatcher matcher;
    private byte[] held = [];
    private int start;
    private int end;

    /// <summary>Begins a search at a place that an earlier one has reached.</summary>
    public LineSearch(LineMatcher matcher, long offset, long line, bool isFound) =>
        (this.matcher, Offset, Line, IsFound) = (matcher, offset, line, isFound);

    /// <summary>The first byte that has not been searched.</summary>
    public long Offset { get; private set; }

    /// <summary>The number of the line that this byte is in, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Whether this line has been found already.</summary>
    public bool IsFound { get; private set; }

    /// <summary>The first byte that has not been added.</summary>
    public long Next => Offset + (end - start);

    private ReadOnlySpan<byte> Held => held.AsSpan(start, end - start);

    /// <summary>
    /// Adds the bytes that follow and searches as far as there are whole lines. Returns false when it has stopped
    /// before that: there are as many matches as there may be, or <paramref name="isOver"/> said so.
    /// </summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="isLast">Whether no more follow, so that the last line is whole.</param>
    /// <param name="most">How many matches there may be in <paramref name="found"/>.</param>
    /// <param name="found">Gets the matches.</param>
    /// <param name="isOver">Whether to stop; asked after each <see cref="Part"/> and match. Null for never.</param>
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
            // A search that stops before the next match goes on there.
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

    // What is searched next: whole lines of about a part, or a part of a line that is too long to be held.
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

    // A match may begin at the end of a part, and end in the next one.
    private static bool KeepsOverlap(ReadOnlySpan<byte> lines, bool isLast) => !isLast && lines[^1] != '\n';

    /// <summary>Drops the rest of the line that has been found; returns false when its end is not there yet.</summary>
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
        // A character is not cut.
        while (from > first && from < at && IsInside(lines[from]))
            from++;
        while (to < last && to > at && IsInside(lines[to]))
            to--;
        var text = lines[from..to];
        return Encoding.UTF8.GetString(to == last && text.EndsWith("\r"u8) ? text[..^1] : text);
    }

    // The second or a later byte of a character in UTF-8.
    private static bool IsInside(byte value) => (value & 0xC0) == 0x80;
}
