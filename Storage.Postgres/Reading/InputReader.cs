using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads the inputs of workflow nodes: the results of the nodes that they wait for.</summary>
internal static class InputReader
{
    // The pattern takes the forEach node's id from the line "item INDEX ID" of an item's task (see ExtraText).
    private const string Nodes = """
        SELECT t.id, t.extra, w.run, n.extra
        FROM ot.tasks t LEFT JOIN ot.tasks n ON n.id = substring(t.extra FROM '\nitem [0-9]+ ([0-9a-f-]+)')::uuid
            JOIN ot.specs s ON s.task = t.key JOIN ot.workflows w ON w.id = s.batch
        WHERE t.id = ANY($1) AND t.extra LIKE 'node %'
        """;

    // Reads values only if all fit into $2 bytes. A forEach node has an array of its items' results, whose size is
    // computed first: a bracket or comma for each item, one more bracket, and 4 for a null. Only results of succeeded
    // tasks (state 4) count. A job's aggregate that was too large to store counts with its size.
    private const string Results = """
        WITH found AS (
            SELECT p.place, split_part(t.extra, E'\n', 1) AS node, v.value, i.key AS items, i.first, i.made,
                CASE WHEN i.key IS NULL THEN coalesce(octet_length(v.value), j.aggregate_bytes) ELSE (
                    SELECT 1 + sum(1 + coalesce(octet_length(e.value), 4)) FROM ot.tasks s
                        LEFT JOIN ot.task_results e ON e.task = s.key AND e.attempt = s.attempt AND s.state = 4
                    WHERE s.key >= i.first AND s.key < i.first + i.made) END AS size
            FROM unnest($1::uuid[]) WITH ORDINALITY p (id, place) JOIN ot.tasks t ON t.id = p.id
                LEFT JOIN ot.task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4
                LEFT JOIN ot.workflow_items i ON i.key = t.key AND (i.fault IS NULL OR i.count > 0)
                LEFT JOIN ot.workflow_jobs j ON j.key = t.key),
        sized AS (SELECT coalesce(sum(size), 0) <= $2 AS fits FROM found)
        SELECT node, CASE WHEN NOT fits THEN NULL WHEN items IS NULL THEN value ELSE
            '['::bytea || coalesce((
                SELECT string_agg(coalesce(e.value, 'null'::bytea), ','::bytea ORDER BY s.key) FROM ot.tasks s
                    LEFT JOIN ot.task_results e ON e.task = s.key AND e.attempt = s.attempt AND s.state = 4
                WHERE s.key >= first AND s.key < first + made), ''::bytea) || ']'::bytea END, fits
        FROM found, sized ORDER BY place
        """;

    internal static async Task<ImmutableArray<StoredInputs>> Read(
        Session session, ImmutableArray<TaskId> tasks, int mostBytes)
    {
        var nodes = await session.All(
            new Query(Nodes).Bind(tasks.Select(Query.Uuid).ToList()),
            // An item's task finds the results of the nodes that its forEach node waits for.
            static row => (
                Id: row.Id(0), Extra: ExtraText.Read(row.IsNull(3) ? row.Utf8(1) : row.Utf8(3)), Run: row.Int32(2)))
            .ConfigureAwait(false);
        var inputs = ImmutableArray.CreateBuilder<StoredInputs>(nodes.Count);
        foreach (var (id, extra, run) in nodes)
            inputs.Add(new StoredInputs(id, run, await Read(session, extra.After, mostBytes).ConfigureAwait(false)));
        return inputs.DrainToImmutable();
    }

    private static async Task<ImmutableArray<NodeResult>> Read(
        Session session, ImmutableArray<TaskDependency> after, int mostBytes)
    {
        if (after.IsDefaultOrEmpty)
            return [];
        var parents = after.Select(static one => Query.Uuid(one.Task)).ToList();
        var results = await session.All(
            new Query(Results).Bind(parents).Bind((long)mostBytes),
            static row => (
                Fits: row.Boolean(2), Node: new NodeResult(ExtraText.NodeOf(row.Utf8(0)) ?? "", row.Memory(1))))
            .ConfigureAwait(false);
        return results.TrueForAll(static one => one.Fits) ? [.. results.Select(static one => one.Node)] : default;
    }
}
