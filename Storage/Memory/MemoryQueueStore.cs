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
    public Task Put(QueueSettings settings)
    {
        lock (gate)
            queues[settings.Name] = settings;
        return Task.CompletedTask;
    }
}
