using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Storage.Calendars;

namespace OrleansTasks.Storage.Memory;

/// <summary>The calendars in memory.</summary>
/// <param name="audit">Receives audit records; null to keep none.</param>
public sealed class MemoryCalendarStore(MemoryAuditStore? audit = null) : ICalendarStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, CalendarView> calendars = new(StringComparer.Ordinal);
    private readonly HashSet<CalendarUse> uses = [];

    /// <inheritdoc/>
    public Task<ImmutableArray<CalendarHead>> Heads()
    {
        lock (gate)
            return Task.FromResult(calendars.Values.Select(static one => new CalendarHead(one.Name, one.Version, one.ChangedAt)).ToImmutableArray());
    }

    /// <inheritdoc/>
    public Task<CalendarView?> Find(string name)
    {
        lock (gate)
            return Task.FromResult(calendars.GetValueOrDefault(name));
    }

    /// <inheritdoc/>
    public Task<bool> Put(CalendarView calendar, long? replaces, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (calendars.GetValueOrDefault(calendar.Name)?.Version != replaces)
                return Task.FromResult(false);
            calendars[calendar.Name] = calendar;
            audit?.Add(0, record);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (calendars.GetValueOrDefault(name)?.Version != version || uses.Any(use => use.Calendar == name))
                return Task.FromResult(false);
            calendars.Remove(name);
            audit?.Add(0, record);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Use(IReadOnlyList<CalendarUse> added)
    {
        lock (gate)
        {
            ImmutableArray<string> missing =
                [.. added.Select(static use => use.Calendar).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Where(name => !calendars.ContainsKey(name))];
            if (missing.IsEmpty)
                uses.UnionWith(added);
            return Task.FromResult(missing);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<CalendarUse>> Uses(string name)
    {
        lock (gate)
        {
            return Task.FromResult(uses.Where(use => use.Calendar == name).OrderBy(static use => use.Kind)
                .ThenBy(static use => use.Id, StringComparer.Ordinal).ThenBy(static use => use.Queue, StringComparer.Ordinal).ToImmutableArray());
        }
    }

    /// <inheritdoc/>
    public Task Forget(IReadOnlyList<CalendarUse> removed)
    {
        lock (gate)
            uses.ExceptWith(removed);
        return Task.CompletedTask;
    }
}
