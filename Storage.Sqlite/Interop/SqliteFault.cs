namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>Thrown if a call to SQLite fails.</summary>
/// <param name="code">The extended result code.</param>
/// <param name="message">SQLite's own message.</param>
/// <param name="cause">The system error (errno) behind the failure; 0 if there is none.</param>
internal sealed class SqliteFault(int code, string message, int cause = 0) : Exception($"{message} (SQLite error {code})")
{
    // ENOSPC and EDQUOT.
    private const int NoSpace = 28, QuotaExceeded = 122;

    internal int Code => code;

    /// <summary>The result code without its extension.</summary>
    internal int Kind => code & 0xff;

    /// <summary>Whether the file's content is wrong, which no repetition mends.</summary>
    internal bool IsDamage => IsDamageKind(Kind);

    /// <summary>The message for operators. SQLite's messages name no paths.</summary>
    internal string Detail => Kind switch
    {
        ResultCode.Full or ResultCode.IoError when IsDiskFull =>
            "The disk is full: cannot write to the store. Free some space on the data folder's disk.",
        ResultCode.Busy => "Another process has locked the database.",
        ResultCode.IoError => "The disk reported an input/output error in the data folder.",
        ResultCode.Corrupt or ResultCode.NotADatabase =>
            "The database file is damaged. Stop the service, keep a copy of the file, and restore it from a backup.",
        ResultCode.CannotOpen => "The database file cannot be opened.",
        _ => Message,
    };

    /// <summary>Whether a result code without its extension means that the file's content is wrong.</summary>
    internal static bool IsDamageKind(int kind) => kind is ResultCode.Corrupt or ResultCode.NotADatabase;

    // SQLite reports a full disk as an I/O error if it was growing a file by other means than a write.
    private bool IsDiskFull => Kind == ResultCode.Full || cause is NoSpace or QuotaExceeded;
}
