
namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatchers that are active on this silo, so that the silo can end one whose queue belongs elsewhere. One instance
/// for a silo. Safe for several threads.
/// </summary>
public sealed class LocalDispatchers
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Action> active = [];

    /// <summary>The queues of the active dispatchers, in any order.</summary>
    public IReadOnlyCollection<string> Queues
    {
        get
        {
            lock (gate)
                return [.. active.Keys];
        }
    }

    /// <summary>
    /// Has a dispatcher end its activation: it finishes its round and answers its callers, and later calls go to the next
    /// activation. False when the queue has no active dispatcher here.
    /// </summary>
    public bool End(string queue)
    {
        Action? end;
        lock (gate)
            end = active.GetValueOrDefault(queue);
        end?.Invoke();
        return end is not null;
    }

    /// <summary>A dispatcher was activated; <paramref name="end"/> ends it and may be called on any thread.</summary>
    internal void Add(string queue, Action end)
    {
        lock (gate)
            active[queue] = end;
    }

    /// <summary>The dispatcher with this <paramref name="end"/> is over. The next one may be here already.</summary>
    internal void Remove(string queue, Action end)
    {
        lock (gate)
        {
            if (active.GetValueOrDefault(queue) == end)
                active.Remove(queue);
        }
    }
}
