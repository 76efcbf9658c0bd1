
namespace OrleansTasks.Dispatch;

/// <summary>This silo's dispatchers, so that it can end one whose queue belongs elsewhere. Thread-safe.</summary>
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
    /// Ends a dispatcher, which finishes its round and answers its callers; later calls go to the next activation.
    /// Returns false if the queue has none here.
    /// </summary>
    public bool End(string queue)
    {
        Action? end;
        lock (gate)
            end = active.GetValueOrDefault(queue);
        end?.Invoke();
        return end is not null;
    }

    /// <summary><paramref name="end"/> may be called on any thread.</summary>
    internal void Add(string queue, Action end)
    {
        lock (gate)
            active[queue] = end;
    }

    /// <summary>Removes the dispatcher with this <paramref name="end"/>; the next one may be here already.</summary>
    internal void Remove(string queue, Action end)
    {
        lock (gate)
        {
            if (active.GetValueOrDefault(queue) == end)
                active.Remove(queue);
        }
    }
}
