using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>
/// The dispatchers that are active on this silo, so that the silo can end one whose partition belongs elsewhere. One instance
/// for a silo. Safe for several threads.
/// </summary>
public sealed class LocalDispatchers
{
    private readonly Lock gate = new();
    private readonly Dictionary<PartitionKey, Action> active = [];

    /// <summary>The partitions of the active dispatchers, in any order.</summary>
    public IReadOnlyCollection<PartitionKey> Partitions
    {
        get
        {
            lock (gate)
                return [.. active.Keys];
        }
    }

    /// <summary>
    /// Has a dispatcher end its activation: it finishes its round and answers its callers, and later calls go to the next
    /// activation. False when the partition has no active dispatcher here.
    /// </summary>
    public bool End(PartitionKey partition)
    {
        Action? end;
        lock (gate)
            end = active.GetValueOrDefault(partition);
        end?.Invoke();
        return end is not null;
    }

    /// <summary>A dispatcher was activated; <paramref name="end"/> ends it and may be called on any thread.</summary>
    internal void Add(PartitionKey partition, Action end)
    {
        lock (gate)
            active[partition] = end;
    }

    /// <summary>The dispatcher with this <paramref name="end"/> is over. The next one may be here already.</summary>
    internal void Remove(PartitionKey partition, Action end)
    {
        lock (gate)
        {
            if (active.GetValueOrDefault(partition) == end)
                active.Remove(partition);
        }
    }
}
