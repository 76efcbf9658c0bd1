using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Compares tasks with a filter, one condition after the other.</summary>
internal static class MemoryFilter
{
    internal static bool Matches(this StoredTask task, TaskFilter filter)
    {
        var row = task.Row;
        return (filter.State is not { } state || row.State == state)
            && (filter.Queue is not { } queue || task.Partition.Key.Queue == queue)
            && (filter.Node is not { } node || row.Node == node)
            && (filter.Name is not { } name || task.Submission.Name == name)
            && (filter.Batch is not { } batch || task.Batch == batch)
            && (filter.CreatedAfter is not { } after || row.Id.CreatedAt > after)
            && (filter.CreatedBefore is not { } before || row.Id.CreatedAt < before)
            && (filter.Reason is not { } reason || row.Reason == reason)
            && (filter.ExitCode is not { } exitCode || row.ExitCode == exitCode)
            && (filter.Quarantined is not { } quarantined || row.IsQuarantined == quarantined)
            && (filter.Fingerprint is not { } fingerprint || task.Fingerprint == fingerprint)
            && filter.Labels.All(task.Submission.Labels.Contains);
    }

    internal static TaskSummary Summarize(IEnumerable<StoredTask> tasks)
    {
        var total = 0L;
        var states = new SortedDictionary<TaskState, long>();
        var nodes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var exitCodes = new SortedDictionary<int, long>();
        foreach (var task in tasks)
        {
            total++;
            states[task.Row.State] = states.GetValueOrDefault(task.Row.State) + 1;
            if (task.Row.Node is { } node)
                nodes[node] = nodes.GetValueOrDefault(node) + 1;
            if (task.Row.ExitCode is { } exitCode)
                exitCodes[exitCode] = exitCodes.GetValueOrDefault(exitCode) + 1;
        }

        return new TaskSummary(total, [.. states], [.. nodes], [.. exitCodes]);
    }
}
