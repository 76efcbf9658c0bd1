
namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatchers active on this silo, so that the silo can end one whose home is elsewhere. Thread-safe.
/// </summary>
public sealed class LocalDispatchers
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Action> active = new(StringComparer.Ordinal);

    /// <summary>The queues of the active dispatchers, ordered by name.</summary>
    public IReadOnlyCollection<string> Queues
    {
        get
        {
            lock (gate)
                return [.. active.Keys];
        }
    }

    /// <summary>
    /// Ends a queue's dispatcher, which finishes its round and answers its callers; later calls go to the next
    /// activation. Returns false if the queue has no dispatcher on this silo.
    /// </summary>
    public bool End(string queue)
    {
        Action? end;
        lock (gate)
            end = active.GetValueOrDefault(queue);
        end?.Invoke();
        return end is not null;
    }

    /// <summary>Adds an active dispatcher. <paramref name="end"/> may be called on any thread.</summary>
    internal void Add(string queue, Action end)
    {
        lock (gate)
            active[queue] = end;
    }

    /// <summary>
    /// Removes the dispatcher added with this <paramref name="end"/>, but not its successor if that is active already.
    /// </summary>
    internal void Remove(string queue, Action end)
    {
        lock (gate)
        {
            if (active.GetValueOrDefault(queue) == end)
                active.Remove(queue);
        }
    }
}
