namespace OrleansTasks.Calendars;

/// <summary>
/// Keeps all calendars, and knows what uses them. All methods throw <see cref="Storage.StoreUnavailableException"/>;
/// those that change something also throw <see cref="Storage.OutcomeUnknownException"/> and may be repeated.
/// </summary>
[Alias("ot.ICalendarGrain")]
public interface ICalendarGrain : IGrainWithStringKey
{
    /// <summary>The key of the only grain.</summary>
    const string OnlyKey = "calendars";

    /// <summary>Returns the names and versions of all calendars, by name.</summary>
    [Alias("Heads")]
    Task<ImmutableArray<CalendarHead>> Heads();

    /// <summary>Returns a calendar; null if there is none.</summary>
    [Alias("Find")]
    Task<CalendarView?> Find(string name);

    /// <summary>Returns what uses a calendar.</summary>
    [Alias("Uses")]
    Task<ImmutableArray<CalendarUse>> Uses(string name);

    /// <summary>
    /// Creates a calendar or replaces its body. Returns once the owners of all queues that use it follow it.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="spec">The body, which <see cref="CalendarSpecReader"/> has accepted.</param>
    /// <param name="version">The version that must be stored; null for any, 0 for none.</param>
    [Alias("Put")]
    Task<CalendarReply> Put(string name, ReadOnlyMemory<byte> spec, long? version);

    /// <summary>
    /// Computes the times of calendars again if they are known for less than nine years from now. If that fails, a
    /// calendar keeps its known times. The silos' upkeep calls this once a day.
    /// </summary>
    [Alias("Renew")]
    Task Renew();

    /// <summary>Deletes a calendar, unless something uses it.</summary>
    [Alias("Delete")]
    Task<CalendarReply> Delete(string name);

    /// <summary>
    /// Notes that a schedule or queue is about to use calendars, so that they stay. Returns those of them that do not
    /// exist; then nothing is noted.
    /// </summary>
    [Alias("Use")]
    Task<ImmutableArray<string>> Use(ImmutableArray<string> names, CalendarUserKind kind, string id, string queue);
}
