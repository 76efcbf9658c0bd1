using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Schedules;

/// <summary>
/// Converts between UTC and the local time of a time zone, by the zone's offsets at instants alone. Where clocks go
/// forward, a local time that does not exist means the first instant after the gap; where clocks go back, a local time
/// that comes twice means the first of the two. Two changes of a zone's offset are assumed to be more than 30 hours apart.
/// </summary>
internal sealed class ZoneClock(TimeZoneInfo zone)
{
    // More than any zone's offset and change of offset.
    private static readonly TimeSpan Reach = TimeSpan.FromHours(15);

    // Changes are looked for in steps of this length.
    private static readonly TimeSpan Stride = TimeSpan.FromHours(12);

    /// <summary>
    /// Finds a zone by its IANA name. Other names that the platform may know, such as those of files beside the zones,
    /// are refused.
    /// </summary>
    internal static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return name.Length is > 0 and <= 64 && char.IsAsciiLetterUpper(name[0]) && name.All(IsNameCharacter)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }

    /// <summary>The local time at an instant.</summary>
    internal DateTime ToLocal(DateTime utc) => DateTime.SpecifyKind(utc + Offset(utc), DateTimeKind.Unspecified);

    /// <summary>The instant of a local time; of a missing one the end of the gap, of a doubled one the first.</summary>
    internal DateTime ToUtc(DateTime local)
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
    /// The first instant after <paramref name="from"/>, and not after <paramref name="to"/>, at which the offset is
    /// another one than at <paramref name="from"/>, in whole seconds; null when there is none.
    /// </summary>
    internal DateTime? FirstChange(DateTime from, DateTime to)
    {
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

    private TimeSpan Offset(DateTime utc) => zone.GetUtcOffset(utc);

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
