namespace OrleansTasks.Calendars;

/// <summary>
/// The times that calendars leave to a schedule: those in one of the calendars of <c>only</c>, if there are any, and in
/// none of <c>except</c>. A calendar that does not exist has no times. Immutable.
/// </summary>
public sealed class CalendarFilter
{
    private readonly ImmutableArray<(string Name, CalendarTimes Times)> only;
    private readonly ImmutableArray<(string Name, CalendarTimes Times)> except;

    /// <summary>Creates the filter from the names of calendars.</summary>
    public CalendarFilter(ImmutableArray<string> only, ImmutableArray<string> except, CalendarSet calendars)
    {
        ArgumentNullException.ThrowIfNull(calendars);
        (this.only, this.except) = (Find(only), Find(except));

        ImmutableArray<(string Name, CalendarTimes Times)> Find(ImmutableArray<string> names) =>
            [.. names.Select(name => (name, calendars.TryFind(name, out var times) ? times : CalendarTimes.None))];
    }

    /// <summary>
    /// Returns why a time falls out, and the first time at which that may change; null if it does not fall out.
    /// </summary>
    public CalendarExclusion? At(long time)
    {
        foreach (var (name, times) in except)
        {
            if (times.At(time) is { IsIn: true, Until: var until })
                return new CalendarExclusion(name, until);
        }

        if (only.IsEmpty)
            return null;
        var first = long.MaxValue;
        foreach (var (_, times) in only)
        {
            var (isIn, until) = times.At(time);
            if (isIn)
                return null;
            first = Math.Min(first, until);
        }

        return new CalendarExclusion(null, first);
    }
}

/// <summary>Why a time of a schedule falls out.</summary>
/// <param name="Calendar">
/// The calendar of <c>except</c> that has the time; null if no calendar of <c>only</c> has it.
/// </param>
/// <param name="Until">The first time at which that may change; <see cref="long.MaxValue"/> for never.</param>
public readonly record struct CalendarExclusion(string? Calendar, long Until);
