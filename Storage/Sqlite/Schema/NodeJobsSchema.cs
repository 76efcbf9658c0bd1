namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Adds the data jobs of workflows' nodes to version 4, which was not released without them. A key is that of the node's
/// own task.
/// </summary>
internal static class NodeJobsSchema
{
    internal const string Text = """
        CREATE TABLE workflow_jobs (
            key INTEGER PRIMARY KEY,
            job BLOB,
            stopped_at INTEGER NOT NULL,
            aggregate_bytes INTEGER NOT NULL);
        CREATE INDEX workflow_jobs_job ON workflow_jobs (job) WHERE job IS NOT NULL;
        """;

    /// <summary>Counts what <see cref="Text"/> adds last.</summary>
    internal const string Count = "SELECT count(*) FROM sqlite_master WHERE name = 'workflow_jobs_job'";
}
