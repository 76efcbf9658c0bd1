
namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// Gives the open tasks of a queue that share a concurrency key one <see cref="ConcurrencyGate"/>, and drops it with
/// the last of them. Gates are not stored but derived from the tasks. They are correct once recovery has read the tasks
/// at nodes, which it does first.
/// </summary>
internal sealed class ConcurrencyGates(TaskTable tasks)
{
    private readonly Dictionary<string, ConcurrencyGate> byKey = new(StringComparer.Ordinal);

    /// <summary>Returns the gate of a newly open task, and counts the task.</summary>
    public ConcurrencyGate Acquire(string key)
    {
        if (!byKey.TryGetValue(key, out var gate))
            byKey.Add(key, gate = new ConcurrencyGate(tasks, key));
        gate.Tasks++;
        return gate;
    }

    /// <summary>Stops counting a task that is no longer open. Call it once for each <see cref="Acquire"/>.</summary>
    public void Release(ConcurrencyGate gate)
    {
        if (--gate.Tasks == 0)
            byKey.Remove(gate.Key);
    }
}
