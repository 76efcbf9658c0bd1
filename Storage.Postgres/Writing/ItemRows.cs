using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the items of <c>forEach</c> nodes in a group of commits, column by column.</summary>
internal sealed class ItemRows
{
    // An empty list has no first task. NULL instead of 0, because the column is unique.
    private static readonly string Put = $"""
        INSERT INTO ot.workflow_items (key, first, count, made, next, stopped_at, fault)
        SELECT r.key, nullif(r.first, 0), r.count, r.made, r.next, r.stopped_at, r.fault
        FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::text[])
            r (key, first, count, made, next, stopped_at, fault) {CommitBatch.Passed}
        ON CONFLICT (key) DO UPDATE SET first = excluded.first, count = excluded.count, made = excluded.made,
            next = excluded.next, stopped_at = excluded.stopped_at, fault = excluded.fault
        """;

    private static readonly string PutList = $"""
        INSERT INTO ot.workflow_lists (key, list) SELECT r.key, r.list
        FROM unnest($1::bigint[], $2::bytea[]) r (key, list) {CommitBatch.Passed}
        ON CONFLICT (key) DO UPDATE SET list = excluded.list
        """;

    private readonly List<ItemsRow> rows = [];
    private readonly List<(long Key, ReadOnlyMemory<byte> List)> lists = [];

    internal void Add(WorkflowCommit commit)
    {
        rows.AddRange(commit.Items);
        foreach (var (node, list) in commit.Lists)
            lists.Add((node, list));
    }

    internal void AddTo(List<Query> statements)
    {
        if (rows.Count > 0)
        {
            statements.Add(new Query(Put)
                .Bind(rows.ConvertAll(static row => row.Node))
                .Bind(rows.ConvertAll(static row => row.Count == 0 ? 0 : row.First))
                .Bind(rows.ConvertAll(static row => row.Count))
                .Bind(rows.ConvertAll(static row => row.Made))
                .Bind(rows.ConvertAll(static row => row.Next))
                .Bind(rows.ConvertAll(static row => row.StoppedAt))
                .Bind(rows.ConvertAll(static row => row.Fault)));
        }

        if (lists.Count > 0)
        {
            statements.Add(new Query(PutList)
                .Bind(lists.ConvertAll(static one => one.Key))
                .Bind(lists.ConvertAll(static one => (byte[]?)Query.Bytes(one.List))));
        }
    }
}
