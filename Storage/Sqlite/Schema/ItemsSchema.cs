namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Adds the items of workflows' nodes with <c>forEach</c> to version 4, which was not released without them. A key is
/// that of the node's own task; <c>first</c> is the key of the first item's task, and those of the others follow it.
/// </summary>
internal static class ItemsSchema
{
    internal const string Text = """
        CREATE TABLE workflow_items (
            key INTEGER PRIMARY KEY,
            first INTEGER,
            count INTEGER NOT NULL,
            made INTEGER NOT NULL,
            next INTEGER NOT NULL,
            stopped_at INTEGER NOT NULL,
            fault TEXT);
        CREATE UNIQUE INDEX workflow_items_first ON workflow_items (first);
        CREATE TABLE workflow_lists (key INTEGER PRIMARY KEY, list BLOB NOT NULL);
        """;

    /// <summary>Counts what <see cref="Text"/> adds last.</summary>
    internal const string Count = "SELECT count(*) FROM sqlite_master WHERE name = 'workflow_lists'";
}
