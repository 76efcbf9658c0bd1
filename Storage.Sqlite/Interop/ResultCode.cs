namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>
/// The SQLite result codes that the store distinguishes. The low byte of an extended code is one of these.
/// </summary>
internal static class ResultCode
{
    internal const int Ok = 0;
    internal const int Busy = 5;
    internal const int NoMemory = 7;
    internal const int Interrupted = 9;
    internal const int IoError = 10;
    internal const int Corrupt = 11;
    internal const int Full = 13;
    internal const int CannotOpen = 14;
    internal const int TooBig = 18;
    internal const int Constraint = 19;
    internal const int Mismatch = 20;
    internal const int NotADatabase = 26;
    internal const int Row = 100;
    internal const int Done = 101;
}
