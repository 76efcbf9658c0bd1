using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the data jobs of workflow nodes in a group of commits, column by column.</summary>
internal sealed class NodeJobRows
{
    private static readonly string Put = $"""
        INSERT INTO ot.workflow_jobs (key, job, stopped_at, aggregate_bytes)
        SELECT r.key, r.job, r.stopped_at, r.aggregate_bytes
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[]) r (key, job, stopped_at, aggregate_bytes)
            {CommitBatch.Passed}
        ON CONFLICT (key) DO UPDATE SET job = excluded.job, stopped_at = excluded.stopped_at,
            aggregate_bytes = excluded.aggregate_bytes
        """;

    private readonly List<NodeJobRow> rows = [];

    internal void Add(WorkflowCommit commit) => rows.AddRange(commit.Jobs);

    internal void AddTo(List<Query> statements)
    {
        if (rows.Count == 0)
            return;
        statements.Add(new Query(Put)
            .Bind(rows.ConvertAll(static row => row.Node))
            .Bind(rows.ConvertAll(static row => row.Job is { } job ? Query.Uuid(job) : (Guid?)null))
            .Bind(rows.ConvertAll(static row => row.StoppedAt))
            .Bind(rows.ConvertAll(static row => row.AggregateBytes)));
    }
}
