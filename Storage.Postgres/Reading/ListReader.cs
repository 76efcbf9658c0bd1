using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>
/// Reads lists, matches, histograms and summaries of tasks. A text filter is applied here, row by row: statements then
/// also select the name and spec (<see cref="TaskQuery.TextColumns"/>), and their columns come last.
/// </summary>
internal static class ListReader
{
    private const string MatchColumns = $"""
        q.name, t.state, t.cancel_requested_at <> 0, {TaskQuery.Quarantined}, t.had_secrets,
            (t.extra LIKE 'node %') IS TRUE
        """;

    /// <summary>The number of tasks that a statement reads when a text filter applies.</summary>
    private const int TextPage = 2_000;

    internal static async Task<ImmutableArray<TaskMatch>> Match(Session session, TaskFilter filter, TaskId? after, int limit) =>
    [
        .. await ByIds(
            session, filter, MatchColumns, newestFirst: false, after, limit, static row => new TaskMatch(
                row.Id(0), row.Text(1)!, (TaskState)row.Int32(2))
            {
                IsCancelRequested = row.Boolean(3),
                IsQuarantined = row.Boolean(4),
                HadSecrets = row.Boolean(5),
                IsWorkflowNode = row.Boolean(6),
            }, 6).ConfigureAwait(false),
    ];

    /// <summary>
    /// Reads matching tasks in the order of ids. With a text filter, reads page by page until enough tasks match, so
    /// that early matches cost little.
    /// </summary>
    /// <param name="session">The session to read in.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="columns">Columns of <c>ot.tasks t</c> and <c>ot.queues q</c> to select after the id.</param>
    /// <param name="newestFirst">Whether the newest tasks come first.</param>
    /// <param name="beyond">The last task of the previous page, or null.</param>
    /// <param name="limit">The maximum number of tasks.</param>
    /// <param name="read">Converts a row; column 0 is the id.</param>
    /// <param name="count">
    /// The number of <paramref name="columns"/>, after which the columns of the text filter follow.
    /// </param>
    internal static async Task<List<T>> ByIds<T>(
        Session session, TaskFilter filter, string columns, bool newestFirst, TaskId? beyond, int limit, Func<Row, T> read, int count = 1)
    {
        var found = new List<T>();
        var size = filter.Text is null ? limit : TextPage;
        // A page with fewer rows than its limit is the last.
        for (var rows = size; rows == size && found.Count < limit;)
        {
            var query = new TaskQuery(filter);
            if (beyond is { } id)
                query.And(newestFirst ? "t.id < $" : "t.id > $", q => q.Bind(id));
            var sql = query.Build(
                $"SELECT t.id, {columns}{TaskQuery.TextColumns(filter)} FROM ot.tasks t JOIN ot.queues q ON q.no = t.queue",
                $"ORDER BY t.id {(newestFirst ? "DESC" : "ASC")} LIMIT {size}");
            rows = 0;
            await session.Each(sql, row =>
            {
                rows++;
                beyond = row.Id(0);
                if (found.Count < limit && TaskQuery.Passes(filter, row, count + 1))
                    found.Add(read(row));
                return true;
            }).ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>Reads a page of an ordered list. Returns null if too many tasks match. Needs a snapshot.</summary>
    internal static async Task<ImmutableArray<TaskRecord>?> ListBy(Session session, TaskListQuery asked)
    {
        var filter = asked.Filter;
        if (asked.Sort == TaskSort.Created)
            return await RecordReader.List(session, asked).ConfigureAwait(false);
        var memory = asked.Sort == TaskSort.Memory
            ? "coalesce((SELECT r.max_rss FROM ot.results r WHERE r.task = t.key AND r.attempt = t.attempt), 0)"
            : "0::bigint";
        var columns = $"t.key, t.id, t.state, t.started_at, t.ended_at, {memory}{TaskQuery.TextColumns(filter)}";
        var top = new TopTasks<long>(asked);
        // One row beyond the maximum shows that too many match. With a text filter, the number of rows needed is
        // unknown.
        var bound = filter.Text is null ? $"LIMIT {TaskListQuery.MostSorted + 1}" : "";
        await session.Each(new TaskQuery(filter).Build($"SELECT {columns} FROM ot.tasks t", bound), row =>
        {
            if (!TaskQuery.Passes(filter, row, 6))
                return true;
            var id = row.Id(1);
            var value = asked.Sort.ValueOf(
                (TaskState)row.Int32(2), id.CreatedAt, row.Int64(3), row.Int64(4), row.Int64(5), asked.Now);
            return top.Add(row.Int64(0), new TaskPosition(value, id));
        }).ConfigureAwait(false);
        return top.IsTooMany ? null : await RecordReader.ReadAll(session, top.Page(), asked).ConfigureAwait(false);
    }

    /// <summary>Counts matching tasks by creation time and state. Needs a snapshot.</summary>
    internal static async Task<TaskHistogram> Histogram(Session session, TaskHistogramQuery asked)
    {
        var filter = asked.Filter;
        var oldest = filter.CreatedAfter is not null
            ? []
            : await ByIds(session, filter, "t.state", newestFirst: false, null, 1, static row => row.Id(0).CreatedAt)
                .ConfigureAwait(false);
        if (asked.Begin(oldest.Count == 0 ? null : oldest[0]) is not { } draft)
            return TaskHistogram.Empty;
        var sql = new TaskQuery(filter).Build($"SELECT t.id, t.state{TaskQuery.TextColumns(filter)} FROM ot.tasks t", "");
        await session.Each(sql, row =>
        {
            // Two columns precede those of the text filter.
            if (TaskQuery.Passes(filter, row, 2))
                draft.Add(row.Id(0).CreatedAt, (TaskState)row.Int32(1));
            return true;
        }).ConfigureAwait(false);
        return draft.ToHistogram();
    }

    /// <summary>
    /// Counts matching tasks in one pass. The server groups them, unless a text filter needs each task.
    /// </summary>
    internal static async Task<TaskSummary> Summarize(Session session, TaskFilter filter)
    {
        var sql = filter.Text is null
            ? new TaskQuery(filter).Build("SELECT t.state, t.node, t.exit_code, count(*) FROM ot.tasks t", "GROUP BY 1, 2, 3")
            : new TaskQuery(filter).Build(
                $"SELECT t.state, t.node, t.exit_code, 1::bigint{TaskQuery.TextColumns(filter)} FROM ot.tasks t", "");
        var total = 0L;
        var states = new long[TaskStates.All.Length];
        var nodes = new Dictionary<string, long>(StringComparer.Ordinal);
        var exitCodes = new Dictionary<int, long>();
        await session.Each(sql, row =>
        {
            if (!TaskQuery.Passes(filter, row, 4))
                return true;
            var count = row.Int64(3);
            total += count;
            // An unknown state number counts in the total alone.
            if ((uint)row.Int32(0) < (uint)states.Length)
                states[row.Int32(0)] += count;
            if (row.Text(1) is { Length: > 0 } node)
                Add(nodes, node, count);
            if (row.NullableInt32(2) is { } exitCode)
                Add(exitCodes, exitCode, count);
            return true;
        }).ConfigureAwait(false);
        return new TaskSummary(
            total,
            [.. TaskStates.All.Where(s => states[(int)s] > 0).Select(s => KeyValuePair.Create(s, states[(int)s]))],
            [.. nodes.OrderBy(n => n.Key, StringComparer.Ordinal)],
            [.. exitCodes.OrderBy(c => c.Key)]);
    }

    private static void Add<TKey>(Dictionary<TKey, long> counts, TKey key, long count) where TKey : notnull =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _) += count;
}
