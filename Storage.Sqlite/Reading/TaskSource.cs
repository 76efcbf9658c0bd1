using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>
/// The index that a query walks. It is the one with the fewest matching entries, counted up to a bound.
/// </summary>
/// <param name="Kind">The kind of index.</param>
/// <param name="Label">
/// The position of the label in the filter, if the kind is <see cref="TaskSourceKind.Label"/>.
/// </param>
internal readonly record struct TaskSource(TaskSourceKind Kind, int Label = 0)
{
    private const int CountedUpTo = 2000;
    private const string Few = "SELECT count(*) FROM (SELECT 1 FROM {0} LIMIT 2000)";

    // The conditions below are those of the indexes: below 2 is waiting, above 4 failed or cancelled.
    private static readonly string LabelCount = Count("labels WHERE name = ?1 AND value = ?2");
    private static readonly string WaitingCount = Count("tasks INDEXED BY tasks_waiting WHERE state < 2");
    private static readonly string UnluckyCount = Count(
        "tasks INDEXED BY tasks_unlucky WHERE state > 4 AND state = ?1");

    /// <summary>Chooses the index for a filter.</summary>
    /// <param name="session">The session in which to count.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="fallback">The index to walk if no other is certain to be short.</param>
    internal static TaskSource Choose(ReadSession session, TaskFilter filter, TaskSourceKind fallback)
    {
        if (filter.Batch is not null)
            return new TaskSource(TaskSourceKind.Batch);
        if (filter.State is { } leased && leased.IsLeased())
            return new TaskSource(TaskSourceKind.Leased);
        // Tasks that share a fingerprint are few compared to all tasks, and their index is ordered by id.
        if (filter.Fingerprint is not null)
            return new TaskSource(TaskSourceKind.Failures);

        var best = new TaskSource(fallback);
        // An index ordered by id is better than walking all ids, whatever its length. An index in another order must be
        // short, because its rows have to be sorted.
        var fewest = long.MaxValue;
        if (filter.State is TaskState.Failed or TaskState.Cancelled)
        {
            best = new TaskSource(TaskSourceKind.Unlucky);
            fewest = CountState(session, filter.State.Value);
        }

        for (var i = 0; i < filter.Labels.Length; i++)
        {
            var count = CountLabel(session, filter.Labels[i]);
            if (count >= fewest)
                continue;
            best = new TaskSource(TaskSourceKind.Label, i);
            fewest = count;
        }

        if (filter.State is TaskState.Scheduled or TaskState.Queued
            && CountWaiting(session) is var waiting && waiting < CountedUpTo && waiting < fewest)
            best = new TaskSource(TaskSourceKind.Waiting);
        return best;
    }

    private static string Count(string rows) => Few.Replace("{0}", rows, StringComparison.Ordinal);

    private static long CountLabel(ReadSession session, Label label)
    {
        var count = session.Get(LabelCount);
        count.Bind(1, label.Key);
        count.Bind(2, label.Value);
        return Only(count);
    }

    private static long CountState(ReadSession session, TaskState state)
    {
        var count = session.Get(UnluckyCount);
        count.Bind(1, (long)state);
        return Only(count);
    }

    private static long CountWaiting(ReadSession session) => Only(session.Get(WaitingCount));

    private static long Only(Interop.Statement count)
    {
        count.Step();
        var value = count.Int64(0);
        count.Reset();
        return value;
    }
}
