namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// Makes version 4 of version 3: what few tasks have (<see cref="Encodings.ExtraText"/>) in a column of its own. A
/// program of version 3 would start more tasks with one concurrency key than their limits allow, so it refuses the file.
/// </summary>
internal static class ExtraSchema
{
    internal const string Text = """
        ALTER TABLE tasks ADD COLUMN extra TEXT;

        UPDATE schema_version SET version = 4, oldest_reader = 4;
        """;
}
