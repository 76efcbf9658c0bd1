using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Calendars;

/// <summary>All calendars, as of one moment. Immutable.</summary>
/// <param name="calendars">The stored version and the times, by name.</param>
public sealed class CalendarSet(ImmutableSortedDictionary<string, (CalendarHead Head, CalendarTimes Times)> calendars)
{
    /// <summary>No calendars.</summary>
    public static readonly CalendarSet Empty = new(
        ImmutableSortedDictionary.Create<string, (CalendarHead Head, CalendarTimes Times)>(StringComparer.Ordinal));

    /// <summary>The calendars' names.</summary>
    public IEnumerable<string> Names => calendars.Keys;

    /// <summary>Finds a calendar's times.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out CalendarTimes? times)
    {
        var found = calendars.TryGetValue(name, out var known);
        times = known.Times;
        return found;
    }

    /// <summary>Returns the listed calendars. Reads only those whose listed version is not known yet.</summary>
    public async Task<CalendarSet> Renew(ImmutableArray<CalendarHead> heads, Func<string, Task<CalendarView?>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        if (heads.Length == calendars.Count && heads.All(IsKnown))
            return this;
        var renewed = calendars.Clear().ToBuilder();
        foreach (var head in heads)
        {
            if (IsKnown(head))
                renewed[head.Name] = calendars[head.Name];
            else if (await read(head.Name) is { } calendar)
            {
                renewed[head.Name] = (
                    new CalendarHead(calendar.Name, calendar.Version, calendar.ChangedAt),
                    CalendarTimes.OfEdges(calendar.Edges));
            }
        }

        return new CalendarSet(renewed.ToImmutable());

        bool IsKnown(CalendarHead head) => calendars.TryGetValue(head.Name, out var known) && known.Head == head;
    }
}
