using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Processing.Lines;

/// <summary>
/// What a line of text is, for every source of lines: a line ends with a line feed, and a carriage return directly
/// before the line feed belongs to the line's end. Any other carriage return is content. The last line needs no line
/// feed. A byte order mark at the start of a text is dropped. UTF-16 is refused, and bytes that are not UTF-8 become
/// U+FFFD.
/// </summary>
public static class TextLines
{
    /// <summary>How many bytes from the start of a text <see cref="FaultOf"/> looks at.</summary>
    public const int Head = 4096;

    private const string Utf16 =
        "is UTF-16, not UTF-8; convert it, for example with 'iconv -f UTF-16 -t UTF-8'";

    /// <summary>The length of the byte order mark at the start of a text; 0 without one.</summary>
    public static int MarkLength(ReadOnlySpan<byte> start) => start.StartsWith("\uFEFF"u8) ? 3 : 0;

    /// <summary>
    /// Returns why a text cannot be read, as the end of a sentence whose subject is the text; null if it can. Names
    /// UTF-16 by its byte order mark, or by the NUL in every other byte of its beginning.
    /// </summary>
    public static string? FaultOf(ReadOnlySpan<byte> start) =>
        HasUtf16Mark(start) || LooksLikeUtf16(start) ? Utf16 : null;

    /// <summary>Whether a text begins with a byte order mark of UTF-16, which no UTF-8 begins with.</summary>
    public static bool HasUtf16Mark(ReadOnlySpan<byte> start) => start is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];

    /// <summary>
    /// Removes the carriage return at the end of each line. The lines must be whole, each ended by a line feed.
    /// </summary>
    /// <param name="lines">The lines.</param>
    /// <param name="isOpen">
    /// Whether the text ended without a line feed and the last one was added: a carriage return before it is then
    /// content.
    /// </param>
    public static ReadOnlyMemory<byte> WithoutReturns(ReadOnlyMemory<byte> lines, bool isOpen = false)
    {
        var rest = lines.Span;
        var ended = isOpen ? rest.Length - 2 : rest.Length;
        var at = rest.IndexOf("\r\n"u8);
        if (at < 0 || at >= ended)
            return lines;
        var kept = new byte[lines.Length];
        var used = 0;
        for (var start = 0; at >= 0 && start + at < ended; at = rest.IndexOf("\r\n"u8))
        {
            rest[..at].CopyTo(kept.AsSpan(used));
            used += at;
            start += at + 1;
            rest = rest[(at + 1)..];
        }

        rest.CopyTo(kept.AsSpan(used));
        return kept.AsMemory(0, used + rest.Length);
    }

    /// <summary>Returns a line without the carriage return that belongs to its end.</summary>
    /// <param name="line">A line without its line feed, which must have had one.</param>
    public static ReadOnlyMemory<byte> WithoutReturn(ReadOnlyMemory<byte> line) =>
        line.Span is [.., (byte)'\r'] ? line[..^1] : line;

    /// <summary>
    /// Returns a text as valid UTF-8, with U+FFFD for invalid sequences; the length may change, line feeds do not.
    /// </summary>
    public static ReadOnlyMemory<byte> Repaired(ReadOnlyMemory<byte> text) =>
        Utf8.IsValid(text.Span) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text.Span));

    /// <summary>
    /// Whether the NULs at the start of a text are the upper halves of UTF-16 characters: at least half of the even or of
    /// the odd bytes are NUL, none of the others is, and every line feed has a NUL as its other half. Otherwise it is a
    /// file of other bytes that contains NULs.
    /// </summary>
    private static bool LooksLikeUtf16(ReadOnlySpan<byte> start)
    {
        start = start[..Math.Min(start.Length, Head)];
        if (start.Length % 2 > 0)
            return false;
        Span<int> nuls = [0, 0];
        for (var i = 0; i < start.Length; i++)
            nuls[i & 1] += start[i] == 0 ? 1 : 0;
        var (most, few) = nuls[0] > nuls[1] ? (0, 1) : (1, 0);
        // One NUL alone may be a character of UTF-8.
        if (nuls[most] < 2 || nuls[few] > 0)
            return false;
        var halves = start.Length / 2;
        if (nuls[most] * 2 < halves)
            return false;
        for (var i = few; i < start.Length; i += 2)
        {
            if (start[i] == '\n' && start[i ^ 1] != 0)
                return false;
        }

        for (var i = most; i < start.Length; i += 2)
        {
            if (start[i] == '\n')
                return false;
        }

        return true;
    }
}
