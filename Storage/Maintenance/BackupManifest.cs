namespace OrleansTasks.Storage.Maintenance;

/// <summary>The description of a backup, stored with it as JSON.</summary>
internal sealed record BackupManifest
{
    /// <summary>The version of the backup format.</summary>
    public int Format { get; init; }

    /// <summary>The kind of store: SQLite or PostgreSQL.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The schema version.</summary>
    public int Schema { get; init; }

    /// <summary>How many steps the schema had taken since its version.</summary>
    public int Steps { get; init; }

    /// <summary>For PostgreSQL, each table with its columns, in the order in which the table's file has them.</summary>
    public IReadOnlyDictionary<string, string[]> Tables { get; init; } = new Dictionary<string, string[]>();
}
