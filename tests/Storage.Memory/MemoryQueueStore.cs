using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Memory;

/// <summary>The queues' settings in memory, for tests and simulations.</summary>
/// <param name="events">Gets the events of the changes.</param>
/// <param name="audit">Gets who asked for them; null when nobody reads it.</param>
public sealed class MemoryQueueStore(MemoryResourceEventStore events, MemoryAuditStore? audit = null) : IQueueStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, QueueSettings> queues = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> List()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<QueueSettings>>([.. queues.Values]);
    }

    /// <inheritdoc/>
    public Task<QueueSettings?> Get(string name)
    {
        lock (gate)
            return Task.FromResult(queues.GetValueOrDefault(name));
    }

    /// <inheritdoc/>
    public Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (queues.GetValueOrDefault(settings.Name)?.Version != replaces)
                return Task.FromResult(false);
            queues[settings.Name] = settings;
            audit?.Add(0, record);
            if (at is { } time)
                events.Add(time, ResourceKind.Queue, settings.Name, ResourceState.Changed);
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version, long at, AuditRecord? record = null)
    {
        lock (gate)
        {
            if (queues.GetValueOrDefault(name)?.Version != version)
                return Task.FromResult(false);
            queues.Remove(name);
            audit?.Add(0, record);
            events.Add(at, ResourceKind.Queue, name, ResourceState.Deleted);
            return Task.FromResult(true);
        }
    }
}
