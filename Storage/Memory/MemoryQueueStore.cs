using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Memory;

/// <summary>The queues' settings in memory, for tests and simulations.</summary>
public sealed class MemoryQueueStore : IQueueStore
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
    public Task<bool> Put(QueueSettings settings, long? replaces)
    {
        lock (gate)
        {
            if (queues.GetValueOrDefault(settings.Name)?.Version != replaces)
                return Task.FromResult(false);
            queues[settings.Name] = settings;
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version)
    {
        lock (gate)
            return Task.FromResult(queues.GetValueOrDefault(name)?.Version == version && queues.Remove(name));
    }
}
