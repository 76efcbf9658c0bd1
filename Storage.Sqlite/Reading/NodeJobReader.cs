using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>Reads the data jobs of workflow nodes.</summary>
internal static class NodeJobReader
{
    // A row has the key of the node's own task, which is w.key + 1 + the node's index.
    private const string OfWorkflow = """
        SELECT j.key - w.key - 1, j.key, j.job, j.stopped_at, j.aggregate_bytes
        FROM workflows w JOIN workflow_jobs j ON j.key > w.key AND j.key <= w.key + w.count WHERE w.id = ?1 ORDER BY j.key
        """;

    internal static ImmutableArray<StoredNodeJob> Read(ReadSession session, TaskId workflow)
    {
        var row = session.Get(OfWorkflow);
        row.Bind(1, workflow);
        var jobs = ImmutableArray.CreateBuilder<StoredNodeJob>();
        while (row.Step())
        {
            jobs.Add(new StoredNodeJob(
                row.Int32(0), new NodeJobRow(row.Int64(1), row.IsNull(2) ? null : row.Id(2))
                {
                    StoppedAt = row.Int64(3), AggregateBytes = row.Int64(4),
                }));
        }

        return jobs.DrainToImmutable();
    }
}
