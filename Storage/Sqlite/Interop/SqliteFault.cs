namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>A call to SQLite failed.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own words.</param>
internal sealed class SqliteFault(int code, string message) : Exception($"{message} (SQLite error {code})")
{
    /// <summary>The extended result code.</summary>
    internal int Code => code;

    /// <summary>The result code without its extension.</summary>
    internal int Kind => code & 0xff;

    /// <summary>What an operator is told; SQLite's messages name no paths.</summary>
    internal string Detail => Kind switch
    {
        ResultCode.Full =>
            "The disk is full: the store could not be written. Free some space on the data folder's disk.",
        ResultCode.Busy => "The database is locked by another process.",
        ResultCode.IoError => "The disk reported an input/output error on the data folder.",
        ResultCode.Corrupt or ResultCode.NotADatabase =>
            "The database file is damaged. Stop the service, keep a copy of the file, and restore it from a backup.",
        ResultCode.CannotOpen => "The database file cannot be opened.",
        _ => Message,
    };
}
