using System.Globalization;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Converts between RFC 3339 text and Unix milliseconds. The calendar covers the years 1 to 9999 in UTC. Times outside
/// it are rejected, so every accepted time can be written back.
/// </summary>
public static class Timestamps
{
    /// <summary>A description of a time, for messages.</summary>
    public const string Example = "an RFC 3339 time such as \"2026-11-05T09:30:00Z\", in UTC within the years 1 to 9999";

    /// <summary>The earliest time that can be written: the start of the year 1.</summary>
    public const long Earliest = -62_135_596_800_000;

    /// <summary>The latest time that can be written: the last millisecond of the year 9999.</summary>
    public const long Latest = 253_402_300_799_999;

    /// <summary>The number of characters that <see cref="Write"/> writes.</summary>
    public const int TextLength = 24;

    private const int ShortestText = 20;
    private const int LongestText = 64;
    private const int FractionAt = 19;
    private const int SeparatorAt = 10;
    private const string UpperCase = "yyyy-MM-dd'T'HH:mm:ss";
    private const string LowerCase = "yyyy-MM-dd't'HH:mm:ss";

    /// <summary>
    /// Parses <c>2026-11-05T09:30:00[.fraction](Z|±hh:mm)</c>. Drops digits beyond the millisecond. Rejects text
    /// without an offset, and a time that its offset moves outside the calendar.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMilliseconds) =>
        TryRead(text, out unixMilliseconds) && unixMilliseconds is >= Earliest and <= Latest;

    /// <summary>Parses such a time from UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out long unixMilliseconds) =>
        TryRead(utf8, out unixMilliseconds) && unixMilliseconds is >= Earliest and <= Latest;

    /// <summary>Parses a stored time. A time outside the calendar becomes the nearest one within.</summary>
    public static bool TryParseStored(ReadOnlySpan<char> text, out long unixMilliseconds)
    {
        var isTime = TryRead(text, out unixMilliseconds);
        unixMilliseconds = Within(unixMilliseconds);
        return isTime;
    }

    /// <summary>Returns the time, or the nearest one within the calendar.</summary>
    public static long Within(long unixMilliseconds) => Math.Clamp(unixMilliseconds, Earliest, Latest);

    /// <summary>Returns the time as a <see cref="DateTimeOffset"/>, or the nearest one within the calendar.</summary>
    public static DateTimeOffset ToMoment(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Within(unixMilliseconds));

    /// <summary>
    /// Writes <c>2026-11-05T09:30:00.000Z</c> as ASCII to the start of <paramref name="destination"/>. For a time
    /// outside the calendar, as a worker may report, writes the nearest one within.
    /// </summary>
    public static void Write(long unixMilliseconds, Span<byte> destination)
    {
        var time = DateTime.UnixEpoch.AddTicks(Within(unixMilliseconds) * TimeSpan.TicksPerMillisecond);
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

    /// <summary>Returns the text that <see cref="Write"/> writes.</summary>
    public static string Format(long unixMilliseconds) =>
        string.Create(TextLength, unixMilliseconds, static (text, time) =>
    {
        Span<byte> ascii = stackalloc byte[TextLength];
        Write(time, ascii);
        System.Text.Ascii.ToUtf16(ascii, text, out _);
    });

    private static bool TryRead(ReadOnlySpan<char> text, out long unixMilliseconds)
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

    private static bool TryRead(ReadOnlySpan<byte> utf8, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        Span<char> text = stackalloc char[LongestText];
        return utf8.Length <= LongestText
            && System.Text.Ascii.ToUtf16(utf8, text, out var length) == System.Buffers.OperationStatus.Done
            && TryRead(text[..length], out unixMilliseconds);
    }

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
