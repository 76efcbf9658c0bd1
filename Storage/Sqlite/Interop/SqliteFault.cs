namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>A call to SQLite failed.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own words.</param>
/// <param name="cause">The number of the system's error (errno) that it came of; 0 when there is none.</param>
internal sealed class SqliteFault(int code, string message, int cause = 0) : Exception($"{message} (SQLite error {code})")
{
    private const int NoSpace = 28, QuotaExceeded = 122;

    /// <summary>The extended result code.</summary>
    internal int Code => code;

    /// <summary>The result code without its extension.</summary>
    internal int Kind => code & 0xff;

    /// <summary>What an operator is told; SQLite's messages name no paths.</summary>
    internal string Detail => Kind switch
    {
        ResultCode.Full or ResultCode.IoError when IsOfNoRoom =>
            "The disk is full: the store could not be written. Free some space on the data folder's disk.",
        ResultCode.Busy => "The database is locked by another process.",
        ResultCode.IoError => "The disk reported an input/output error on the data folder.",
        ResultCode.Corrupt or ResultCode.NotADatabase =>
            "The database file is damaged. Stop the service, keep a copy of the file, and restore it from a backup.",
        ResultCode.CannotOpen => "The database file cannot be opened.",
        _ => Message,
    };

    // Where SQLite makes its files larger by other means than a write, a full disk is an I/O error to it.
    private bool IsOfNoRoom => Kind == ResultCode.Full || cause is NoSpace or QuotaExceeded;
}
