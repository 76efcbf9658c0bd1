using System.Globalization;

namespace OrleansTasks.Tasks.Spec;

/// <summary>Points in time as RFC 3339 text and as Unix milliseconds.</summary>
public static class Timestamps
{
    /// <summary>What a time looks like, for messages.</summary>
    public const string Example = "an RFC 3339 time such as \"2026-11-05T09:30:00Z\"";

    /// <summary>The number of characters that <see cref="Write"/> writes.</summary>
    public const int TextLength = 24;

    private const int ShortestText = 20;
    private const int LongestText = 64;
    private const int FractionAt = 19;
    private const int SeparatorAt = 10;
    private const string UpperCase = "yyyy-MM-dd'T'HH:mm:ss";
    private const string LowerCase = "yyyy-MM-dd't'HH:mm:ss";

    /// <summary>
    /// Reads <c>2026-11-05T09:30:00[.fraction](Z|±hh:mm)</c>. What is finer than a millisecond is dropped. A text
    /// without an offset is refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (text.Length is < ShortestText or > LongestText
            || !DateTime.TryParseExact(
                text[..FractionAt], text[SeparatorAt] == 't' ? LowerCase : UpperCase, CultureInfo.InvariantCulture, DateTimeStyles.None,
                    out var date))
            return false;
        var rest = text[FractionAt..];
        if (!TryTakeFraction(ref rest, out var milliseconds) || !TryOffset(rest, out var offset))
            return false;
        unixMilliseconds =
            (date.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond + milliseconds - offset;
        return true;
    }

    /// <summary>Reads the same from UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        Span<char> text = stackalloc char[LongestText];
        return utf8.Length <= LongestText
            && System.Text.Ascii.ToUtf16(utf8, text, out var length) == System.Buffers.OperationStatus.Done
            && TryParse(text[..length], out unixMilliseconds);
    }

    /// <summary>Writes <c>2026-11-05T09:30:00.000Z</c> as ASCII to the start of
    /// <paramref name="destination"/>.</summary>
    public static void Write(long unixMilliseconds, Span<byte> destination)
    {
        var time = DateTime.UnixEpoch.AddTicks(unixMilliseconds * TimeSpan.TicksPerMillisecond);
        var (year, month, day) = time;
        "0000-00-00T00:00:00.000Z"u8.CopyTo(destination);
        WriteDigits(destination[..4], year);
        WriteDigits(destination[5..7], month);
        WriteDigits(destination[8..10], day);
        WriteDigits(destination[11..13], time.Hour);
        WriteDigits(destination[14..16], time.Minute);
        WriteDigits(destination[17..19], time.Second);
        WriteDigits(destination[20..23], time.Millisecond);
    }

    /// <summary>The same as a string.</summary>
    public static string Format(long unixMilliseconds) =>
        string.Create(TextLength, unixMilliseconds, static (text, time) =>
    {
        Span<byte> ascii = stackalloc byte[TextLength];
        Write(time, ascii);
        System.Text.Ascii.ToUtf16(ascii, text, out _);
    });

    private static void WriteDigits(Span<byte> destination, int value)
    {
        for (var at = destination.Length - 1; at >= 0; at--)
        {
            destination[at] = (byte)('0' + value % 10);
            value /= 10;
        }
    }

    private static bool TryTakeFraction(ref ReadOnlySpan<char> text, out int milliseconds)
    {
        milliseconds = 0;
        if (text is not ['.', ..])
            return true;
        text = text[1..];
        var count = 0;
        for (var weight = 100; count < text.Length && char.IsAsciiDigit(text[count]); count++)
        {
            milliseconds += (text[count] - '0') * weight;
            weight /= 10;
        }

        text = text[count..];
        return count > 0;
    }

    private static bool TryOffset(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        if (text is "Z" or "z")
            return true;
        if (text is not [('+' or '-') and var sign, _, _, ':', _, _]
            || !int.TryParse(text[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
            || !int.TryParse(text[4..6], NumberStyles.None, CultureInfo.InvariantCulture, out var minutes)
            || hours > 23 || minutes > 59)
            return false;
        milliseconds = (sign == '-' ? -1 : 1) * (hours * 60L + minutes) * 60_000;
        return true;
    }
}
