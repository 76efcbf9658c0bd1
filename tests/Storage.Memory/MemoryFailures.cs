using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>Groups finally failed tasks by their fingerprints.</summary>
internal static class MemoryFailures
{
    internal static ImmutableArray<StoredFailures> Group(IEnumerable<StoredTask> tasks, FailureQuery query) =>
    [
        .. tasks.Where(task => task.Fingerprint is not null && Matches(task, query))
            .GroupBy(static task => task.Fingerprint!.Value)
            .Select(static group => ToGroup(group.Key, [.. group.OrderByDescending(static task => task.Row.Id)]))
            .Where(group => query.AfterCount is not { } count || group.Count < count
                || (group.Count == count && group.Fingerprint > query.AfterFingerprint))
            .OrderByDescending(static group => group.Count).ThenBy(static group => group.Fingerprint)
            .Take(query.Limit),
    ];

    private static bool Matches(StoredTask task, FailureQuery query) =>
        (query.Queue is not { } queue || task.Queue.Name == queue)
        && (query.Name is not { } name || task.Submission.Name == name)
        && (query.Since is not { } since || task.Row.EndedAt >= since);

    private static StoredFailures ToGroup(long fingerprint, List<StoredTask> tasks)
    {
        var record = tasks[0].ToRecord();
        return new StoredFailures(
            fingerprint, tasks.Count, tasks.Min(static task => task.Row.EndedAt), tasks.Max(static task => task.Row.EndedAt),
            record.Reason, record.ExitCode, record.Signal, record.Tail,
            [
                .. tasks.GroupBy(static task => task.Queue.Name).OrderByDescending(static queue => queue.Count())
                    .ThenBy(static queue => queue.Key, StringComparer.Ordinal).Take(FailureGroup.MostQueues).Select(static queue => queue.Key),
            ],
            [.. tasks.Take(FailureGroup.MostTasks).Select(static task => task.Row.Id)])
        {
            Sizes = !tasks[0].Results.ContainsKey(tasks[0].Row.Attempt) ? null : new OutputSizes(record.StdoutBytes, record.StderrBytes, record.Truncated),
        };
    }
}
