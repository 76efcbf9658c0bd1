namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>The data jobs of workflows' nodes. A key is that of the node's own task.</summary>
internal static class NodeJobsSchema
{
    internal const string Text = """
        CREATE TABLE ot.workflow_jobs (
            key bigint PRIMARY KEY,
            job uuid,
            stopped_at bigint NOT NULL,
            aggregate_bytes bigint NOT NULL);
        CREATE INDEX workflow_jobs_job ON ot.workflow_jobs (job) WHERE job IS NOT NULL;
        """;
}
