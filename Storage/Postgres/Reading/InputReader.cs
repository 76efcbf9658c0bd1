using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads what the commands of workflows' nodes can find of the nodes that they wait for.</summary>
internal static class InputReader
{
    private const string Nodes = """
        SELECT t.id, t.extra, w.run
        FROM ot.tasks t JOIN ot.specs s ON s.task = t.key JOIN ot.workflows w ON w.id = s.batch
        WHERE t.id = ANY($1) AND t.extra LIKE 'node %'
        """;

    // Values are only read when they are not too many.
    private const string Results = """
        WITH found AS (
            SELECT p.place, split_part(t.extra, E'\n', 1) AS node, v.value
            FROM unnest($1::uuid[]) WITH ORDINALITY p (id, place) JOIN ot.tasks t ON t.id = p.id
                LEFT JOIN ot.task_results v ON v.task = t.key AND v.attempt = t.attempt AND t.state = 4),
        sized AS (SELECT coalesce(sum(octet_length(value)), 0) <= $2 AS fits FROM found)
        SELECT node, CASE WHEN fits THEN value END, fits FROM found, sized ORDER BY place
        """;

    internal static async Task<ImmutableArray<StoredInputs>> Read(
        Session session, ImmutableArray<TaskId> tasks, int mostBytes)
    {
        var nodes = await session.All(
            new Query(Nodes).Bind(tasks.Select(Query.Uuid).ToList()),
            static row => (Id: row.Id(0), Extra: ExtraText.Read(row.Utf8(1)), Run: row.Int32(2))).ConfigureAwait(false);
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
