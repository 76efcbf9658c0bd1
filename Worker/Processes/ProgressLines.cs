using System.Globalization;
using System.Text;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Finds lines such as <c>::progress 42.5% reading users</c> in one output stream of a command. Bytes arrive in pieces,
/// which may end within a line. Of the lines in a piece, only the last one counts.
/// </summary>
internal struct ProgressLines
{
    /// <summary>Maximum length of a line in bytes; longer ones are not progress.</summary>
    internal const int LongestLine = 1_024;

    /// <summary>Maximum length of a message in characters; the rest is cut off.</summary>
    internal const int LongestMessage = 200;

    private const byte LineFeed = (byte)'\n';
    private const int Complete = 10_000;

    // The start of the line that the last piece ended in, if it may be progress.
    private byte[]? begun;
    private int length;

    // Whether the last piece ended in a line that is not progress.
    private bool isWithinLine;

    private static ReadOnlySpan<byte> Mark => "::progress "u8;

    /// <summary>Reads the next piece. Returns its last progress, or null.</summary>
    internal ProgressLine? Add(ReadOnlySpan<byte> bytes)
    {
        ProgressLine? found = null;
        var last = bytes.LastIndexOf(LineFeed);
        if (last < 0)
        {
            Begin(bytes, isNewLine: !isWithinLine && length == 0);
            return null;
        }

        // The first line of the piece continues the line before.
        var first = bytes.IndexOf(LineFeed);
        if (length > 0 && length + first <= LongestLine)
        {
            bytes[..first].CopyTo(begun.AsSpan(length));
            found = Parse(begun.AsSpan(0, length + first));
        }
        else if (length == 0 && !isWithinLine)
            found = Parse(bytes[..first]);
        var whole = bytes[..(last + 1)];
        (length, isWithinLine) = (0, false);
        Begin(bytes[(last + 1)..], isNewLine: true);
        return LastOf(whole[first..]) ?? found;
    }

    /// <summary>Returns the progress of a line without its end; null if it is not progress.</summary>
    internal static ProgressLine? Parse(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Mark) || line.Length > LongestLine)
            return null;
        var text = Encoding.UTF8.GetString(line[Mark.Length..]).Trim();
        var end = text.AsSpan().IndexOfAny(' ', '\t');
        var number = (end < 0 ? text : text[..end]).TrimEnd('%');
        var isNumber = decimal.TryParse(
            number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent);
        if (!isNumber || percent > 100)
            return null;
        var message = end < 0 ? "" : MessageOf(text[end..]);
        return new ProgressLine((int)Math.Round(percent * (Complete / 100), MidpointRounding.ToZero), message);
    }

    /// <summary>
    /// Returns a message as it is stored: without control characters, and cut off at its maximum length.
    /// </summary>
    internal static string MessageOf(string text)
    {
        var plain = string.Concat(text.Where(static c => !char.IsControl(c))).Trim();
        if (plain.Length <= LongestMessage)
            return plain;
        // Half a surrogate pair is not text.
        return plain[..(char.IsHighSurrogate(plain[LongestMessage - 1]) ? LongestMessage - 1 : LongestMessage)];
    }

    // Finds the last progress after a line feed in a piece that begins and ends with one.
    private static ProgressLine? LastOf(ReadOnlySpan<byte> lines)
    {
        for (var at = lines.LastIndexOf(Mark); at > 0; at = lines.LastIndexOf(Mark))
        {
            if (lines[at - 1] == LineFeed && Parse(lines[at..(at + lines[at..].IndexOf(LineFeed))]) is { } progress)
                return progress;
            lines = lines[..at];
            // The line before ends here; it needs its line feed only if the mark followed one.
            lines = lines[..(lines.LastIndexOf(LineFeed) + 1)];
        }

        return null;
    }

    // Keeps the start of a line that is not complete, as long as it may be progress.
    private void Begin(ReadOnlySpan<byte> bytes, bool isNewLine)
    {
        if (isWithinLine || bytes.IsEmpty)
            return;
        var mayBe = (isNewLine || length > 0) && length + bytes.Length <= LongestLine;
        if (mayBe)
        {
            // Few commands report progress, so the array is made only for bytes that look like it.
            if (length == 0 && !IsStart(bytes))
                mayBe = false;
            else
            {
                begun ??= new byte[LongestLine];
                bytes.CopyTo(begun.AsSpan(length));
                length += bytes.Length;
                mayBe = IsStart(begun.AsSpan(0, length));
            }
        }

        if (mayBe)
            return;
        (length, isWithinLine) = (0, true);
    }

    /// <summary>Returns whether a line that begins with these bytes may be progress.</summary>
    internal static bool IsStart(ReadOnlySpan<byte> bytes) =>
        bytes.Length < Mark.Length ? Mark.StartsWith(bytes) : bytes.StartsWith(Mark);
}

/// <summary>The content of one line of progress.</summary>
/// <param name="Hundredths">The progress in hundredths of a percent.</param>
/// <param name="Message">What the command is doing; empty for nothing.</param>
internal readonly record struct ProgressLine(int Hundredths, string Message);
