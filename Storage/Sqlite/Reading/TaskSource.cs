using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Chooses the index that a query walks: the one with the fewest entries, counted up to a bound.</summary>
/// <param name="Kind">Which index.</param>
/// <param name="Label">Which of the filter's labels, when it is that index.</param>
internal readonly record struct TaskSource(TaskSourceKind Kind, int Label = 0)
{
    private const int CountedUpTo = 2000;
    private const string Few = "SELECT count(*) FROM (SELECT 1 FROM {0} LIMIT 2000)";

    private static readonly string LabelCount = Count("labels WHERE name = ?1 AND value = ?2");
    private static readonly string WaitingCount = Count("tasks INDEXED BY tasks_waiting WHERE state < 2");
    private static readonly string UnluckyCount = Count(
        "tasks INDEXED BY tasks_unlucky WHERE state > 4 AND state = ?1");

    /// <summary>Chooses for a filter.</summary>
    /// <param name="session">Where to count.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="fallback">What is walked when no index is certain to be short.</param>
    internal static TaskSource Choose(ReadSession session, TaskFilter filter, TaskSourceKind fallback)
    {
        if (filter.Batch is not null)
            return new TaskSource(TaskSourceKind.Batch);
        if (filter.State is { } leased && leased.IsLeased())
            return new TaskSource(TaskSourceKind.Leased);
        // Failures of one kind are few beside all tasks, and their index has them by id.
        if (filter.Fingerprint is not null)
            return new TaskSource(TaskSourceKind.Failures);

        var best = new TaskSource(fallback);
        // An index by id beats the walk over all ids however long it is; one in another order must be short to be
        // sorted.
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
