namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// The tables of workflows. A key is the partition's number × 2^40 + the workflow's number; the keys of its nodes'
/// tasks follow it.
/// </summary>
internal static class WorkflowsSchema
{
    internal const string Text = """
        CREATE TABLE ot.workflows (
            key bigint PRIMARY KEY,
            id uuid NOT NULL UNIQUE,
            count integer NOT NULL,
            name text COLLATE "C" NOT NULL,
            labels text COLLATE "C",
            state integer NOT NULL,
            run integer NOT NULL,
            ended_at bigint NOT NULL,
            cancel_requested_at bigint NOT NULL,
            cancels_all boolean NOT NULL);
        CREATE INDEX workflows_open ON ot.workflows (key) WHERE state = 0;
        CREATE INDEX workflows_ended ON ot.workflows (ended_at) WHERE state > 0;
        CREATE TABLE ot.workflow_specs (workflow bigint PRIMARY KEY, outline bytea NOT NULL);
        """;
}
