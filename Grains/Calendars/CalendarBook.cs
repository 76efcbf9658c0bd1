using OrleansTasks.Storage.Calendars;

namespace OrleansTasks.Calendars;

/// <summary>
/// The calendars as a silo knows them: each version is read from the store once, however many queues follow it.
/// </summary>
/// <param name="store">The store.</param>
public sealed class CalendarBook(ICalendarStore store)
{
    private CalendarSet known = CalendarSet.Empty;

    /// <summary>Returns all calendars as the store has them now.</summary>
    public async Task<CalendarSet> Read()
    {
        // Two callers may read the same version, and either may keep it.
        var renewed = await Volatile.Read(ref known).Renew(await store.Heads(), store.Find);
        Volatile.Write(ref known, renewed);
        return renewed;
    }
}
