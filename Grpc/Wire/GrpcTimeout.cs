using System.Globalization;

namespace OrleansTasks.Grpc.Wire;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit, <c>H M S m u n</c>.</summary>
internal static class GrpcTimeout
{
    private const int MostDigits = 8;
    private const long MostValue = 99_999_999;

    /// <summary>Reads the header; false when it is not of that form.</summary>
    internal static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MostDigits + 1
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            return false;
        long? ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticks is not { } unit)
            return false;
        // A tick is 100 ns; what is shorter still counts as one, so that it is over at once but not before it began.
        timeout = unit > 0 ? TimeSpan.FromTicks(value * unit) : TimeSpan.FromTicks((value + 99) / 100);
        return true;
    }

    /// <summary>Writes a span of more than zero in the finest unit that has room for it, rounded up.</summary>
    internal static string Format(TimeSpan timeout)
    {
        foreach (var (unit, ticks) in (ReadOnlySpan<(char, long)>)[
            ('u', TimeSpan.TicksPerMicrosecond), ('m', TimeSpan.TicksPerMillisecond), ('S', TimeSpan.TicksPerSecond),
            ('M', TimeSpan.TicksPerMinute)])
        {
            var value = (timeout.Ticks / ticks) + (timeout.Ticks % ticks > 0 ? 1 : 0);
            if (value <= MostValue)
                return string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Math.Min(MostValue, timeout.Ticks / TimeSpan.TicksPerHour)}H");
    }
}
