
namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Gives the open tasks of a queue that have the same concurrency key one shared <see cref="ConcurrencyGate"/>, and
/// drops it with the last of them. Nothing of this is stored: the gates follow from the tasks, so they are right as
/// soon as the tasks at nodes have been read, which come first after a restart.
/// </summary>
internal sealed class ConcurrencyGates(TaskTable tasks)
{
    private readonly Dictionary<string, ConcurrencyGate> byKey = new(StringComparer.Ordinal);

    /// <summary>Returns the gate of a task that has become open, and counts the task.</summary>
    public ConcurrencyGate Acquire(string key)
    {
        if (!byKey.TryGetValue(key, out var gate))
            byKey.Add(key, gate = new ConcurrencyGate(tasks, key));
        gate.Tasks++;
        return gate;
    }

    /// <summary>A task with the key is no longer open. Called once for each <see cref="Acquire"/>.</summary>
    public void Release(ConcurrencyGate gate)
    {
        if (--gate.Tasks == 0)
            byKey.Remove(gate.Key);
    }
}
