using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads tasks in the form that gateways return, and other data of single tasks.</summary>
internal static class RecordReader
{
    private const string Columns = $"SELECT {RecordColumns.All}";
    private const string Joins = RecordColumns.Joins;

    private const string ById = $"{Columns} FROM ot.tasks t {Joins} WHERE t.id = $1";

    private const string ByKeys = $"""
        {Columns} FROM unnest($1::bigint[]) WITH ORDINALITY k (key, place) JOIN ot.tasks t ON t.key = k.key {Joins} ORDER BY k.place
        """;

    private const string Specs = """
        SELECT t.id, t.name, s.spec, x.env FROM ot.tasks t JOIN ot.specs s ON s.task = t.key
            LEFT JOIN ot.secrets x ON x.task = t.key
        WHERE t.id = ANY($1)
        """;

    private const string Result = """
        SELECT v.value FROM ot.tasks t JOIN ot.task_results v ON v.task = t.key AND v.attempt = t.attempt
        WHERE t.id = $1 AND t.state = 4
        """;

    private const string Known = "SELECT key, body, answer FROM ot.idempotency WHERE key = ANY($1) AND at > $2";

    internal static Task<TaskRecord?> Read(Session session, TaskId id) => session.First(new Query(ById).Bind(id), Read);

    /// <summary>Reads the tasks with the given keys, in the order of the keys.</summary>
    internal static Task<ImmutableArray<TaskRecord>> ReadAll(Session session, List<long> keys, TaskListQuery asked) =>
        Page(session, new Query(ByKeys).Bind(keys), asked);

    internal static Task<ImmutableArray<TaskRecord>> List(
        Session session, TaskFilter filter, TaskId? before, int limit) =>
        List(session, new TaskListQuery(filter, TaskSort.Created, 0, before is { } id ? new TaskPosition(0, id) : null, limit, AsRows: false));

    internal static async Task<ImmutableArray<TaskRecord>> List(Session session, TaskListQuery asked)
    {
        var (filter, before, limit) = (asked.Filter, asked.After?.Id, asked.Limit);
        if (filter.Text is not null)
        {
            var keys = await ListReader.ByIds(
                session, filter, "t.key", newestFirst: true, before, limit, static row => row.Int64(1)).ConfigureAwait(false);
            return await ReadAll(session, keys, asked).ConfigureAwait(false);
        }

        var query = new TaskQuery(filter);
        if (before is { } last)
            query.And("t.id < $", q => q.Bind(last));
        var sql = query.Build(
            // Selects the page first, so that the joins run for its rows alone.
            "SELECT t.* FROM ot.tasks t", $"ORDER BY t.id DESC LIMIT {limit}",
            static page => $"{Columns} FROM ({page}) t {Joins} ORDER BY t.id DESC");
        return await Page(session, sql, asked).ConfigureAwait(false);
    }

    // Stops reading when the page is full.
    private static async Task<ImmutableArray<TaskRecord>> Page(Session session, Query query, TaskListQuery asked)
    {
        var tasks = ImmutableArray.CreateBuilder<TaskRecord>();
        var bytes = 0L;
        await session.Each(query, row =>
        {
            var task = asked.AsRows ? Read(row).AsRow() : Read(row);
            tasks.Add(task);
            return !asked.IsFull(bytes += task.Bytes);
        }).ConfigureAwait(false);
        return tasks.DrainToImmutable();
    }

    internal static async Task<ImmutableArray<StoredSpec>> ReadSpecs(Session session, ImmutableArray<TaskId> ids) =>
        [.. await session.All(new Query(Specs).Bind(ids.Select(Query.Uuid).ToList()), static row =>
            new StoredSpec(row.Id(0), row.Text(1)!, row.Memory(2), row.Memory(3))).ConfigureAwait(false)];

    internal static async Task<ImmutableArray<IdempotencyEntry>> ReadKnown(
        Session session, ImmutableArray<ReadOnlyMemory<byte>> keys, long now)
    {
        List<byte[]?> names = [.. keys.Select(Query.Bytes)];
        return [.. await session.All(new Query(Known).Bind(names).Bind(now - IdempotencyEntry.Lifetime), static row =>
            new IdempotencyEntry(row.Memory(0), row.Memory(1), row.Memory(2))).ConfigureAwait(false)];
    }

    /// <summary>Returns the result of a succeeded task; empty if there is none.</summary>
    internal static Task<ReadOnlyMemory<byte>> ReadResult(Session session, TaskId id) =>
        session.First(new Query(Result).Bind(id), static row => row.Memory(0));

    private static TaskRecord Read(Row row) => RecordColumns.Read(new ResultRow(row));
}
