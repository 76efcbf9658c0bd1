namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// The other part of version 4, beside <see cref="SchedulesSchema"/>: what few tasks have
/// (<see cref="Encodings.ExtraText"/>) in a column of its own. A program of version 3 would start more tasks with one
/// concurrency key than their limits allow.
/// </summary>
internal static class ExtraSchema
{
    internal const string Text = """
        ALTER TABLE tasks ADD COLUMN extra TEXT;
        """;
}
