using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The unique keys of a queue's open tasks. They are derived from the tasks, so they are complete once recovery has
/// read all waiting tasks. Several tasks may have one key: a running task beside a waiting one, and tasks that are
/// retried.
/// </summary>
internal sealed class UniqueKeys
{
    private readonly Dictionary<string, List<TaskId>> byKey = new(StringComparer.Ordinal);
    private readonly Dictionary<TaskId, TaskUnique> byTask = [];

    /// <summary>Adds a newly open task.</summary>
    public void Add(TaskId id, TaskUnique unique)
    {
        byTask.Add(id, unique);
        if (!byKey.TryGetValue(unique.Key, out var tasks))
            byKey.Add(unique.Key, tasks = []);
        tasks.Add(id);
    }

    /// <summary>Removes a task that is no longer open.</summary>
    public void Remove(TaskId id)
    {
        if (!byTask.Remove(id, out var unique))
            return;
        var tasks = byKey[unique.Key];
        tasks.Remove(id);
        if (tasks.Count == 0)
            byKey.Remove(unique.Key);
    }

    /// <summary>Returns the unique key of an open task, or null.</summary>
    public TaskUnique? Of(TaskId id) => byTask.GetValueOrDefault(id);

    /// <summary>The open tasks with a debounce.</summary>
    public IEnumerable<TaskId> Debounced =>
        byTask.Where(static one => one.Value.Debounce > 0).Select(static one => one.Key);

    /// <summary>Counts a task's <see cref="TaskUnique.DebounceMax"/> from another time; does not store it.</summary>
    public void CountFrom(TaskId id, long since) => byTask[id] = byTask[id] with { Since = since };

    /// <summary>Returns the open tasks with a key.</summary>
    public IReadOnlyList<TaskId> With(string key) => byKey.TryGetValue(key, out var tasks) ? tasks : [];
}
