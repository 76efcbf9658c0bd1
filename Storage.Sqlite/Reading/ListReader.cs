using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads lists, matches, histograms and summaries of tasks.</summary>
internal static class ListReader
{
    private const string MatchColumns =
        $"t.id, t.queue, t.state, t.cancel_requested_at <> 0, {TaskQuery.Quarantined}, t.had_secrets, t.extra";

    private const string Names = "SELECT name FROM queues WHERE no = ?1";

    internal static ImmutableArray<TaskRecord> List(
        ReadSession session, TaskFilter filter, TaskId? before, int limit) =>
        List(session, new TaskListQuery(filter, TaskSort.Created, 0, before is { } id ? new TaskPosition(0, id) : null, limit, AsRows: false));

    internal static ImmutableArray<TaskRecord>? ListBy(ReadSession session, TaskListQuery asked)
    {
        if (asked.Sort == TaskSort.Created)
            return List(session, asked);
        var filter = Narrow(asked.Filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Table));
        var memory = asked.Sort == TaskSort.Memory
            ? "(SELECT r.max_rss FROM results r WHERE r.task = t.key AND r.attempt = t.attempt)"
            : "0";
        var top = new TopTasks<long>(asked);
        var row = query.InAnyOrder(session, $"t.key, t.id, t.state, t.started_at, t.ended_at, {memory}");
        while (!top.IsTooMany && row.Step())
        {
            if (!query.Passes(row, 6))
                continue;
            var id = row.Id(1);
            var value = asked.Sort.ValueOf(
                (TaskState)row.Int32(2), id.CreatedAt, row.Int64(3), row.Int64(4), row.Int64(5), asked.Now);
            top.Add(row.Int64(0), new TaskPosition(value, id));
        }

        row.Reset();
        return top.IsTooMany ? null : Records(session, top.Page(), asked);
    }

    internal static TaskHistogram Histogram(ReadSession session, TaskHistogramQuery asked)
    {
        var filter = Narrow(asked.Filter);
        if (asked.Begin(filter.CreatedAfter is null ? Oldest(session, filter) : null) is not { } draft)
            return TaskHistogram.Empty;
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Table));
        var row = query.InAnyOrder(session, "t.id, t.state");
        while (row.Step())
        {
            if (query.Passes(row, 2))
                draft.Add(row.Id(0).CreatedAt, (TaskState)row.Int32(1));
        }

        return draft.ToHistogram();
    }

    internal static ImmutableArray<TaskMatch> Match(ReadSession session, TaskFilter filter, TaskId? after, int limit)
    {
        filter = Narrow(filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Ids));
        var queues = new Dictionary<int, string>();
        var matches = ImmutableArray.CreateBuilder<TaskMatch>();
        var row = query.ByIds(session, MatchColumns, newestFirst: false, after, limit);
        while (matches.Count < limit && row.Step())
        {
            if (!query.Passes(row, 7))
                continue;
            matches.Add(new TaskMatch(row.Id(0), Queue(session, queues, row.Int32(1)), (TaskState)row.Int32(2))
            {
                IsCancelRequested = row.Int32(3) != 0,
                IsQuarantined = row.Int32(4) != 0,
                HadSecrets = row.Int32(5) != 0,
                IsWorkflowNode = ExtraText.IsOfNode(row.Bytes(6)),
            });
        }

        row.Reset();
        return matches.DrainToImmutable();
    }

    internal static TaskSummary Summarize(ReadSession session, TaskFilter filter)
    {
        filter = Narrow(filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Table));
        var total = 0L;
        var states = new long[TaskStates.All.Length];
        var nodes = new Dictionary<string, long>(StringComparer.Ordinal);
        var exitCodes = new Dictionary<int, long>();
        var row = query.InAnyOrder(session, "t.state, t.node, t.exit_code");
        while (row.Step())
        {
            if (!query.Passes(row, 3))
                continue;
            total++;
            // An unknown state number counts in the total alone.
            if ((uint)row.Int32(0) < (uint)states.Length)
                states[row.Int32(0)]++;
            if (row.Bytes(1) is { IsEmpty: false } node)
                Increment(nodes, session.Names.Get(node));
            if (row.NullableInt32(2) is { } exitCode)
                Increment(exitCodes, exitCode);
        }

        return new TaskSummary(
            total,
            [.. TaskStates.All.Where(s => states[(int)s] > 0).Select(s => KeyValuePair.Create(s, states[(int)s]))],
            [.. nodes.OrderBy(n => n.Key, StringComparer.Ordinal)],
            [.. exitCodes.OrderBy(c => c.Key)]);
    }

    private static ImmutableArray<TaskRecord> List(ReadSession session, TaskListQuery asked)
    {
        var filter = Narrow(asked.Filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Ids));
        var keys = new List<long>();
        var row = query.ByIds(session, "t.key", newestFirst: true, asked.After?.Id, asked.Limit);
        while (keys.Count < asked.Limit && row.Step())
        {
            if (query.Passes(row, 1))
                keys.Add(row.Int64(0));
        }

        row.Reset();
        return Records(session, keys, asked);
    }

    // Reads one task after the other, so that no more of them are in memory than the page may have.
    private static ImmutableArray<TaskRecord> Records(ReadSession session, List<long> keys, TaskListQuery asked) =>
    [
        .. asked.Fitting(keys.Select(key => RecordReader.Read(session, key)).OfType<TaskRecord>()
            .Select(task => asked.AsRows ? task.AsRow() : task)),
    ];

    /// <summary>Returns when the oldest matching task was created; null if none matches.</summary>
    private static long? Oldest(ReadSession session, TaskFilter filter)
    {
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Ids));
        var row = query.ByIds(session, "t.id", newestFirst: false, null, 1);
        long? oldest = null;
        while (oldest is null && row.Step())
        {
            if (query.Passes(row, 1))
                oldest = row.Id(0).CreatedAt;
        }

        row.Reset();
        return oldest;
    }

    /// <summary>Adds the state that the quarantine condition implies, so that the index by state can be used.</summary>
    private static TaskFilter Narrow(TaskFilter filter) =>
        filter is { Quarantined: true, State: null } ? filter with { State = TaskState.Failed } : filter;

    private static void Increment<TKey>(Dictionary<TKey, long> counts, TKey key) where TKey : notnull =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;

    private static string Queue(ReadSession session, Dictionary<int, string> known, int no)
    {
        if (known.TryGetValue(no, out var name))
            return name;
        var row = session.Get(Names);
        row.Bind(1, no);
        row.Step();
        name = row.Text(0)!;
        row.Reset();
        return known[no] = name;
    }
}
