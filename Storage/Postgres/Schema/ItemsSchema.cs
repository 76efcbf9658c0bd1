namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// The items of workflows' nodes with <c>forEach</c>. A key is that of the node's own task; <c>first</c> is the key of
/// the first item's task, and those of the others follow it.
/// </summary>
internal static class ItemsSchema
{
    internal const string Text = """
        CREATE TABLE ot.workflow_items (
            key bigint PRIMARY KEY,
            first bigint UNIQUE,
            count integer NOT NULL,
            made integer NOT NULL,
            next integer NOT NULL,
            stopped_at bigint NOT NULL,
            fault text COLLATE "C");
        CREATE TABLE ot.workflow_lists (key bigint PRIMARY KEY, list bytea NOT NULL);
        """;
}
