using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads matches and summaries of tasks.</summary>
internal static class ListReader
{
    internal static async Task<ImmutableArray<TaskMatch>> Match(Session session, TaskFilter filter, TaskId? after, int limit)
    {
        var query = new TaskQuery(filter);
        if (after is { } id)
            query.And("t.id > $", q => q.Bind(id));
        var sql = query.Build(
            "SELECT t.id, p.queue, p.number, t.state FROM ot.tasks t JOIN ot.partitions p ON p.no = t.partition",
            $"ORDER BY t.id LIMIT {limit}");
        return [.. await session.All(sql, static row => new TaskMatch(
            row.Id(0), new PartitionKey(row.Text(1)!, row.Int32(2)), (TaskState)row.Int32(3))).ConfigureAwait(false)];
    }

    /// <summary>Counts by one walk; groups are few beside tasks.</summary>
    internal static async Task<TaskSummary> Summarize(Session session, TaskFilter filter)
    {
        var sql = new TaskQuery(filter).Build("SELECT t.state, t.node, t.exit_code, count(*) FROM ot.tasks t", "GROUP BY 1, 2, 3");
        var total = 0L;
        var states = new long[TaskStates.All.Length];
        var nodes = new Dictionary<string, long>(StringComparer.Ordinal);
        var exitCodes = new Dictionary<int, long>();
        await session.Each(sql, row =>
        {
            var count = row.Int64(3);
            total += count;
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
