using OrleansTasks.Audit;
using OrleansTasks.Storage.Notifications;

namespace OrleansTasks.Storage.Memory;

/// <summary>Notifications in memory, for tests and simulations.</summary>
public sealed class MemoryNotificationStore : INotificationStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, NotificationRow> rows = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<bool> Any()
    {
        lock (gate)
            return Task.FromResult(rows.Count > 0);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<NotificationRow>> List()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<NotificationRow>>([.. rows.Values]);
    }

    /// <inheritdoc/>
    public Task<bool> Put(NotificationRow row, AuditRecord? audit = null)
    {
        lock (gate)
        {
            if ((rows.GetValueOrDefault(row.Name)?.Number ?? 0) != row.Number - 1)
                return Task.FromResult(false);
            rows[row.Name] = row;
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long number, AuditRecord? audit = null)
    {
        lock (gate)
            return Task.FromResult(rows.GetValueOrDefault(name)?.Number == number && rows.Remove(name));
    }
}
