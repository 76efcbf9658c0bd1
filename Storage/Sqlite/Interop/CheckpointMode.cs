namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>How far a checkpoint goes; SQLite's own numbers.</summary>
internal enum CheckpointMode
{
    /// <summary>Copies what it can without making anybody wait.</summary>
    Passive = 0,

    /// <summary>Copies all, and the next commit begins at the log's start.</summary>
    Restart = 2,

    /// <summary>As <see cref="Restart"/>, and gives the log's space back to the disk.</summary>
    Truncate = 3,
}
