using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads lists, matches and summaries of tasks.</summary>
internal static class ListReader
{
    private const string Names = "SELECT queue, number FROM partitions WHERE no = ?1";

    internal static ImmutableArray<TaskRecord> List(ReadSession session, TaskFilter filter, TaskId? before, int limit)
    {
        filter = Narrow(filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Ids));
        var keys = new List<long>();
        var row = query.ByIds(session, "t.key", newestFirst: true, before, limit);
        while (row.Step())
            keys.Add(row.Int64(0));

        var tasks = ImmutableArray.CreateBuilder<TaskRecord>(keys.Count);
        foreach (var key in keys)
        {
            if (RecordReader.Read(session, key) is { } task)
                tasks.Add(task);
        }

        return tasks.DrainToImmutable();
    }

    internal static ImmutableArray<TaskMatch> Match(ReadSession session, TaskFilter filter, TaskId? after, int limit)
    {
        filter = Narrow(filter);
        var query = new TaskQuery(filter, TaskSource.Choose(session, filter, TaskSourceKind.Ids));
        var partitions = new Dictionary<int, PartitionKey>();
        var matches = ImmutableArray.CreateBuilder<TaskMatch>();
        var row = query.ByIds(session, "t.id, t.partition, t.state", newestFirst: false, after, limit);
        while (row.Step())
            matches.Add(new TaskMatch(
                row.Id(0), Partition(session, partitions, row.Int32(1)), (TaskState)row.Int32(2)));
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
            total++;
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

    /// <summary>Says the state that another condition implies, for which there is an index.</summary>
    private static TaskFilter Narrow(TaskFilter filter) =>
        filter is { Quarantined: true, State: null } ? filter with { State = TaskState.Failed } : filter;

    private static void Increment<TKey>(Dictionary<TKey, long> counts, TKey key) where TKey : notnull =>
        System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;

    private static PartitionKey Partition(ReadSession session, Dictionary<int, PartitionKey> known, int no)
    {
        if (known.TryGetValue(no, out var key))
            return key;
        var row = session.Get(Names);
        row.Bind(1, no);
        row.Step();
        key = new PartitionKey(row.Text(0)!, row.Int32(1));
        row.Reset();
        return known[no] = key;
    }
}
