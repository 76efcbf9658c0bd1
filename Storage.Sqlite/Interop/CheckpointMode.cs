namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>How much a checkpoint does. The numbers are SQLite's own.</summary>
internal enum CheckpointMode
{
    /// <summary>Copies what it can without making readers or the writer wait.</summary>
    Passive = 0,

    /// <summary>Copies everything, so that the next commit writes from the start of the log.</summary>
    Restart = 2,

    /// <summary>Like <see cref="Restart"/>, and also truncates the log to free its disk space.</summary>
    Truncate = 3,
}
