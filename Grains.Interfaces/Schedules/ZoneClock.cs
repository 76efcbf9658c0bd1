using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Schedules;

/// <summary>
/// Converts between UTC and the local time of a time zone, using only the zone's offsets at instants. Where clocks go
/// forward, a local time that does not exist means the first instant after the gap. Where clocks go back, a local time
/// that occurs twice means its first occurrence. Two changes of a zone's offset are assumed to be more than 30 hours
/// apart.
/// </summary>
public sealed class ZoneClock(TimeZoneInfo zone)
{
    // Longer than any zone's offset and any change of an offset.
    private static readonly TimeSpan Reach = TimeSpan.FromHours(15);

    // The step of the search for offset changes.
    private static readonly TimeSpan Stride = TimeSpan.FromHours(12);

    /// <summary>
    /// Finds a zone by its IANA name. Rejects other names that the platform may accept, such as those of other files in
    /// the time zone folder.
    /// </summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return name.Length is > 0 and <= 64 && char.IsAsciiLetterUpper(name[0]) && name.All(IsNameCharacter)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }

    /// <summary>Returns the local time at an instant.</summary>
    public DateTime ToLocal(DateTime utc) => DateTime.SpecifyKind(utc + Offset(utc), DateTimeKind.Unspecified);

    /// <summary>Returns the instant of a local time. In a gap, that is the end of the gap; of two, the first.</summary>
    public DateTime ToUtc(DateTime local)
    {
        var asUtc = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        var (before, after) = (Offset(asUtc - Reach), Offset(asUtc + Reach));
        if (before == after)
            return asUtc - before;
        var change = FirstChange(asUtc - Reach, asUtc + Reach)!.Value;
        if (asUtc - before < change)
            return asUtc - before;
        return asUtc - after >= change ? asUtc - after : change;
    }

    /// <summary>
    /// Returns the first instant after <paramref name="from"/> and up to <paramref name="to"/> at which the offset
    /// differs from that at <paramref name="from"/>, in whole seconds; null if there is none.
    /// </summary>
    public DateTime? FirstChange(DateTime from, DateTime to)
    {
        // Offsets change at whole seconds, and the search goes by them.
        (from, to) = (WholeSecond(from), WholeSecond(to));
        var offset = Offset(from);
        while (from < to)
        {
            var next = to - from < Stride ? to : from + Stride;
            if (Offset(next) != offset)
                return Bisect(from, next, offset);
            from = next;
        }

        return null;
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+';

    private static DateTime WholeSecond(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));

    private TimeSpan Offset(DateTime utc) => zone.GetUtcOffset(utc);

    // Both are whole seconds, so each step makes the range smaller.
    private DateTime Bisect(DateTime same, DateTime other, TimeSpan offset)
    {
        while (other - same > TimeSpan.FromSeconds(1))
        {
            var middle = same.AddSeconds(Math.Floor((other - same).TotalSeconds / 2));
            if (Offset(middle) == offset)
                same = middle;
            else
                other = middle;
        }

        return other;
    }
}
