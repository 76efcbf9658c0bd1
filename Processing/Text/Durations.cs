using System.Globalization;
using System.Text;

namespace OrleansTasks.Processing.Text;

/// <summary>
/// Parses and formats durations such as <c>250ms</c>, <c>1.5s</c>, <c>2m</c> or <c>1h30m</c>: one or more numbers, each
/// with one of the units <c>d h m s ms</c>, in descending order and each at most once.
/// </summary>
public static class Durations
{
    /// <summary>A description of a duration, for messages.</summary>
    public const string Examples = "a duration such as \"250ms\", \"1.5s\", \"2m\" or \"1h30m\" (units d h m s ms)";

    private const int LongestText = 64;
    private const int MostDigits = 15;

    /// <summary>Parses a duration. Rejects any other string, including one with a sign or without a unit.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length is 0 or > LongestText)
            return false;
        var total = Int128.Zero;
        var above = long.MaxValue;
        while (!text.IsEmpty)
        {
            if (!TryTakeDigits(ref text, out var whole, out _))
                return false;
            long fraction = 0, scale = 1;
            if (text is ['.', ..])
            {
                text = text[1..];
                if (!TryTakeDigits(ref text, out fraction, out scale))
                    return false;
            }

            var unit = TakeUnit(ref text);
            if (unit == 0 || unit >= above)
                return false;
            above = unit;
            total += (Int128)whole * unit + (Int128)fraction * unit / scale;
        }

        if (total > TimeSpan.MaxValue.Ticks)
            return false;
        duration = new TimeSpan((long)total);
        return true;
    }

    /// <summary>Parses a duration from UTF-8.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out TimeSpan duration)
    {
        duration = default;
        Span<char> text = stackalloc char[LongestText];
        return utf8.Length <= LongestText
            && Ascii.ToUtf16(utf8, text, out var length) == System.Buffers.OperationStatus.Done
            && TryParse(text[..length], out duration);
    }

    /// <summary>Returns the shortest text form of a duration; <c>0s</c> for zero or a negative duration.</summary>
    public static string Format(TimeSpan duration)
    {
        var ticks = duration.Ticks;
        if (ticks <= 0)
            return "0s";
        var text = new StringBuilder();
        AppendWhole(text, ref ticks, TimeSpan.TicksPerDay, 'd');
        AppendWhole(text, ref ticks, TimeSpan.TicksPerHour, 'h');
        AppendWhole(text, ref ticks, TimeSpan.TicksPerMinute, 'm');
        if (ticks == 0)
            return text.ToString();
        var (unit, name) = ticks < TimeSpan.TicksPerSecond ? (TimeSpan.TicksPerMillisecond, "ms")
            : (TimeSpan.TicksPerSecond, "s");
        return text.Append(((decimal)ticks / unit).ToString("0.#######", CultureInfo.InvariantCulture)).Append(name)
            .ToString();
    }

    private static void AppendWhole(StringBuilder text, ref long ticks, long unit, char name)
    {
        if (ticks < unit)
            return;
        text.Append(CultureInfo.InvariantCulture, $"{ticks / unit}{name}");
        ticks %= unit;
    }

    private static bool TryTakeDigits(ref ReadOnlySpan<char> text, out long value, out long scale)
    {
        value = 0;
        scale = 1;
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
        {
            if (count == MostDigits)
                return false;
            value = value * 10 + (text[count] - '0');
            scale *= 10;
            count++;
        }

        text = text[count..];
        return count > 0;
    }

    private static long TakeUnit(ref ReadOnlySpan<char> text)
    {
        var (unit, length) = text switch
        {
            ['m', 's', ..] => (TimeSpan.TicksPerMillisecond, 2),
            ['s', ..] => (TimeSpan.TicksPerSecond, 1),
            ['m', ..] => (TimeSpan.TicksPerMinute, 1),
            ['h', ..] => (TimeSpan.TicksPerHour, 1),
            ['d', ..] => (TimeSpan.TicksPerDay, 1),
            _ => (0L, 0),
        };
        text = text[length..];
        return unit;
    }
}
