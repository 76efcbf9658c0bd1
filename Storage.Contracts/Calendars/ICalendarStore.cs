using OrleansTasks.Audit;
using OrleansTasks.Calendars;

namespace OrleansTasks.Storage.Calendars;

/// <summary>
/// Calendars, and what uses them. All methods throw <see cref="StoreUnavailableException"/>; those that write also throw
/// <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface ICalendarStore
{
    /// <summary>Returns the names and versions of all calendars, by name.</summary>
    Task<ImmutableArray<CalendarHead>> Heads();

    /// <summary>Returns a calendar; null if there is none.</summary>
    Task<CalendarView?> Find(string name);

    /// <summary>
    /// Stores a calendar in place of the one with the version <paramref name="replaces"/> (null: of none). Returns false if the
    /// store has another.
    /// </summary>
    Task<bool> Put(CalendarView calendar, long? replaces, AuditRecord? audit = null);

    /// <summary>Deletes a calendar with this version, unless it has uses. Returns false if it has, or another version.</summary>
    Task<bool> Delete(string name, long version, AuditRecord? audit = null);

    /// <summary>
    /// Adds uses, unless they are stored. Returns the names among them that are no calendars; then nothing is added.
    /// </summary>
    Task<ImmutableArray<string>> Use(IReadOnlyList<CalendarUse> uses);

    /// <summary>Returns what uses a calendar.</summary>
    Task<ImmutableArray<CalendarUse>> Uses(string name);

    /// <summary>Removes uses.</summary>
    Task Forget(IReadOnlyList<CalendarUse> uses);
}
