using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the workflows in a group of commits, column by column.</summary>
internal sealed class WorkflowRows
{
    // The arrays in the order of Bind and AddTo. CommitBatch.Passed joins each row to its queue q, if the queue's
    // commit passed the fence.
    private const string FromArrays = """
        FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::boolean[], $7::uuid[], $8::integer[],
            $9::text[], $10::text[], $11::bytea[])
            r (key, state, run, ended_at, cancel_requested_at, cancels_all, id, count, name, labels, outline)
        """;

    private static readonly string Insert = $"""
        WITH r AS (SELECT r.*, q.no AS queue {FromArrays} {CommitBatch.Passed}),
        outlines AS (INSERT INTO ot.workflow_specs (workflow, outline) SELECT key, outline FROM r)
        INSERT INTO ot.workflows (key, state, run, ended_at, cancel_requested_at, cancels_all, id, queue, count, name, labels)
        SELECT key, state, run, ended_at, cancel_requested_at, cancels_all, id, queue, count, name, labels FROM r
        """;

    private static readonly string Update = $"""
        WITH r AS (
            SELECT r.* FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bigint[], $5::bigint[], $6::boolean[])
                r (key, state, run, ended_at, cancel_requested_at, cancels_all) {CommitBatch.Passed}),
        changed AS (
            UPDATE ot.workflows w SET state = r.state, run = r.run, ended_at = r.ended_at,
                cancel_requested_at = r.cancel_requested_at, cancels_all = r.cancels_all
            FROM r WHERE w.key = r.key RETURNING 1)
        SELECT ot.require((SELECT count(*) FROM r) = (SELECT count(*) FROM changed), 'A workflow to be changed is not stored.')
        """;

    private readonly ItemRows items = new();
    private readonly NodeJobRows jobs = new();
    private readonly List<WorkflowRow> changed = [];
    private readonly List<(WorkflowRow Row, ReadOnlyMemory<byte> Outline)> added = [];

    internal void Add(WorkflowCommit commit)
    {
        items.Add(commit);
        jobs.Add(commit);
        foreach (var row in commit.Rows)
        {
            if (commit.Outlines.TryGetValue(row.No, out var outline))
                added.Add((row, outline));
            else
                changed.Add(row);
        }
    }

    /// <summary>Appends the statements.</summary>
    internal void AddTo(List<Query> statements)
    {
        if (added.Count > 0)
            statements.Add(Bind(Insert, added.ConvertAll(static one => one.Row))
                .Bind(added.ConvertAll(static one => Query.Uuid(one.Row.Id)))
                .Bind(added.ConvertAll(static one => one.Row.Count))
                .Bind(added.ConvertAll(static one => (string?)one.Row.Name))
                .Bind(added.ConvertAll(
                    static one => one.Row.Labels.IsEmpty ? null : Query.Text8(LabelText.Write(one.Row.Labels))))
                .Bind(added.ConvertAll(static one => (byte[]?)Query.Bytes(one.Outline))));
        if (changed.Count > 0)
            statements.Add(Bind(Update, changed));
        items.AddTo(statements);
        jobs.AddTo(statements);
    }

    private static Query Bind(string sql, List<WorkflowRow> rows) => new Query(sql)
        .Bind(rows.ConvertAll(static row => row.No))
        .Bind(rows.ConvertAll(static row => (int)row.State))
        .Bind(rows.ConvertAll(static row => row.Run))
        .Bind(rows.ConvertAll(static row => row.EndedAt))
        .Bind(rows.ConvertAll(static row => row.CancelRequestedAt))
        .Bind(rows.ConvertAll(static row => row.CancelsAll));
}
