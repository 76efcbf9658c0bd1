using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Compares tasks with a filter, one condition after the other.</summary>
internal static class MemoryFilter
{
    internal static bool Matches(this StoredTask task, TaskFilter filter)
    {
        var row = task.Row;
        return (filter.State is not { } state || row.State == state)
            && (filter.Queue is not { } queue || task.Queue.Name == queue)
            && (filter.Node is not { } node || row.Node == node)
            && (filter.Name is not { } name || task.Submission.Name == name)
            && (filter.Batch is not { } batch || task.Batch == batch)
            && (filter.CreatedAfter is not { } after || row.Id.CreatedAt > after)
            && (filter.CreatedBefore is not { } before || row.Id.CreatedAt < before)
            && (filter.Reason is not { } reason || row.Reason == reason)
            && (filter.ExitCode is not { } exitCode || row.ExitCode == exitCode)
            && (filter.Quarantined is not { } quarantined || row.IsQuarantined == quarantined)
            && (filter.Fingerprint is not { } fingerprint || task.Fingerprint == fingerprint)
            && (filter.EndedAfter is not { } endedAfter || (row.State.IsFinal() && row.EndedAt > endedAfter))
            && (filter.EndedBefore is not { } endedBefore || (row.State.IsFinal() && row.EndedAt < endedBefore))
            && (filter.LongerThan is not { } least || TaskSorts.Took(row.State, row.StartedAt, row.EndedAt, filter.Now) > least)
            && (filter.Text is not { } text || SpecDigest.Contains(task.Submission.Name, task.Submission.Spec.Span, text))
            && filter.Labels.All(task.Submission.Labels.Contains);
    }

    internal static ImmutableArray<TaskRecord>? ListBy(IEnumerable<StoredTask> tasks, TaskListQuery query)
    {
        var top = new TopTasks<TaskRecord>(query);
        foreach (var task in tasks.Where(task => task.Matches(query.Filter)).Select(static task => task.ToRecord()))
        {
            if (!top.Add(task, new TaskPosition(query.Sort.ValueOf(task, query.Now), task.Id)) && query.Sort != TaskSort.Created)
                return null;
        }

        return [.. query.Fitting(top.Page().Select(task => query.AsRows ? task.AsRow() : task))];
    }

    internal static TaskHistogram Histogram(IReadOnlyList<StoredTask> tasks, TaskHistogramQuery query)
    {
        if (query.Begin(tasks.Count == 0 ? null : tasks[0].Row.Id.CreatedAt) is not { } draft)
            return TaskHistogram.Empty;
        foreach (var task in tasks)
            draft.Add(task.Row.Id.CreatedAt, task.Row.State);
        return draft.ToHistogram();
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
