namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Adds workflows to version 4, which was not released without them. A key is the partition's number × 2^40 + the
/// workflow's number; the keys of its nodes' tasks follow it.
/// </summary>
internal static class WorkflowsSchema
{
    internal const string Text = """
        CREATE TABLE workflows (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            count INTEGER NOT NULL,
            name TEXT NOT NULL,
            labels TEXT,
            state INTEGER NOT NULL,
            run INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            cancel_requested_at INTEGER NOT NULL,
            cancels_all INTEGER NOT NULL);
        CREATE INDEX workflows_open ON workflows (key) WHERE state = 0;
        CREATE INDEX workflows_ended ON workflows (ended_at) WHERE state > 0;
        CREATE TABLE workflow_specs (workflow INTEGER PRIMARY KEY, outline BLOB NOT NULL);
        """;

    /// <summary>Counts what <see cref="Text"/> adds last.</summary>
    internal const string Count = "SELECT count(*) FROM sqlite_master WHERE name = 'workflow_specs'";
}
