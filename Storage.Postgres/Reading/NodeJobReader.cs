using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Reading;

/// <summary>Reads the data jobs of workflow nodes.</summary>
internal static class NodeJobReader
{
    // A row has the key of the node's own task, which is w.key + 1 + the node's index.
    private const string OfWorkflow = """
        SELECT (j.key - w.key - 1)::integer, j.key, j.job, j.stopped_at, j.aggregate_bytes
        FROM ot.workflows w JOIN ot.workflow_jobs j ON j.key > w.key AND j.key <= w.key + w.count
        WHERE w.id = $1 ORDER BY j.key
        """;

    internal static async Task<ImmutableArray<StoredNodeJob>> Read(Session session, TaskId workflow) =>
    [
        .. await session.All(
            new Query(OfWorkflow).Bind(workflow),
            static row => new StoredNodeJob(
                row.Int32(0), new NodeJobRow(row.Int64(1), row.IsNull(2) ? null : row.Id(2))
                {
                    StoppedAt = row.Int64(3), AggregateBytes = row.Int64(4),
                })).ConfigureAwait(false),
    ];
}
