using OrleansTasks.Audit;
using OrleansTasks.Calendars;

namespace OrleansTasks.Storage.Calendars;

/// <summary>
/// Calendars, and what uses them. All methods throw <see cref="StoreUnavailableException"/>; those that write also
/// throw <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface ICalendarStore
{
    /// <summary>Returns the names and versions of all calendars, by name.</summary>
    Task<ImmutableArray<CalendarHead>> Heads();

    /// <summary>Returns a calendar; null if there is none.</summary>
    Task<CalendarView?> Find(string name);

    /// <summary>
    /// Stores a calendar if the stored version is <paramref name="replaces"/>, or if there is no such calendar and
    /// <paramref name="replaces"/> is null. Otherwise changes nothing and returns false.
    /// </summary>
    Task<bool> Put(CalendarView calendar, long? replaces, AuditRecord? audit = null);

    /// <summary>Deletes a calendar. Returns false if the calendar is in use or has another version.</summary>
    Task<bool> Delete(string name, long version, AuditRecord? audit = null);

    /// <summary>
    /// Adds uses that are not stored yet. If any names a calendar that does not exist, adds nothing and returns the
    /// missing names.
    /// </summary>
    Task<ImmutableArray<string>> Use(IReadOnlyList<CalendarUse> uses);

    /// <summary>Returns what uses a calendar.</summary>
    Task<ImmutableArray<CalendarUse>> Uses(string name);

    /// <summary>Removes uses.</summary>
    Task Forget(IReadOnlyList<CalendarUse> uses);
}
