namespace OrleansTasks.Storage.Maintenance;

/// <summary>What a backup says of itself, as JSON.</summary>
internal sealed record BackupManifest
{
    /// <summary>The form of the backup.</summary>
    public int Format { get; init; }

    /// <summary>On what the store is: SQLite or PostgreSQL.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The version of the tables.</summary>
    public int Schema { get; init; }

    /// <summary>Of PostgreSQL: each table with its columns, in the order in which its file has them.</summary>
    public IReadOnlyDictionary<string, string[]> Tables { get; init; } = new Dictionary<string, string[]>();
}
