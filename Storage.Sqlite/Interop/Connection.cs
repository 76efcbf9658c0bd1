using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>A SQLite connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed unsafe class Connection : IDisposable
{
    // Flags of sqlite3_open_v2. NoMutex: SQLite takes no locks for a connection that one thread uses at a time.
    private const int ReadWrite = 0x2, Create = 0x4, NoMutex = 0x8000;
    private const int StatementsKept = 96;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);
    private const int InstructionsBetweenLooks = 1_000;
    // Native memory, because SQLite's callbacks read and write it at a fixed address.
    private readonly int* walFrames;
    private readonly int* interrupted;
    private nint handle;

    private Connection(nint handle)
    {
        this.handle = handle;
        walFrames = (int*)NativeMemory.AllocZeroed(sizeof(int));
        interrupted = (int*)NativeMemory.AllocZeroed(sizeof(int));
    }

    internal bool InTransaction => Native.sqlite3_get_autocommit(handle) == 0;

    /// <summary>
    /// Whether the connection holds a snapshot, which a statement also does until it is stepped to its end.
    /// </summary>
    internal bool HoldsSnapshot => Native.sqlite3_txn_state(handle, 0) != 0;

    internal int Changes => Native.sqlite3_changes(handle);

    /// <summary>
    /// The length of the write-ahead log (WAL), in pages, after the last commit; needs <see cref="WatchWal"/>.
    /// </summary>
    internal int WalFrames => *walFrames;

    /// <summary>Opens a database file. Throws <see cref="SqliteFault"/>.</summary>
    internal static Connection Open(string path, bool create, TimeSpan busyTimeout)
    {
        SqliteLibrary.Load();
        var flags = ReadWrite | NoMutex | (create ? Create : 0);
        var code = Native.sqlite3_open_v2(path, out var db, flags, null);
        if (code != ResultCode.Ok)
        {
            var (message, cause) = db == 0 ? ("out of memory", 0) : (Message(db), Native.sqlite3_system_errno(db));
            _ = Native.sqlite3_close_v2(db);
            throw new SqliteFault(code, message, cause);
        }

        _ = Native.sqlite3_extended_result_codes(db, 1);
        _ = Native.sqlite3_busy_timeout(db, (int)busyTimeout.TotalMilliseconds);
        return new Connection(db);
    }

    /// <summary>
    /// Replaces SQLite's automatic checkpoint after each commit with a hook that only records the WAL's length.
    /// </summary>
    internal void WatchWal() => Native.sqlite3_wal_hook(handle, &Native.NoteWalFrames, (nint)walFrames);

    /// <summary>
    /// Enables <see cref="Interrupt"/>. SQLite then checks for an interrupt every thousand instructions.
    /// </summary>
    internal void AllowInterrupt() => Native.sqlite3_progress_handler(
        handle, InstructionsBetweenLooks, &Native.IsInterrupted, (nint)interrupted);

    /// <summary>
    /// Ends the running statement and every later one of this connection; they fail with
    /// <see cref="ResultCode.Interrupted"/>. Other threads may call only this method, and only while the connection is
    /// not disposed. The mark stays set, because SQLite's own interrupt has no effect if no statement is running at
    /// that moment.
    /// </summary>
    internal void Interrupt()
    {
        Volatile.Write(ref *interrupted, 1);
        Native.sqlite3_interrupt(handle);
    }

    /// <summary>Returns the prepared statement for a text, preparing it on first use. The connection owns it.</summary>
    internal Statement Get(string sql)
    {
        if (statements.TryGetValue(sql, out var statement))
            return statement;
        return statements[sql] = Prepare(sql);
    }

    /// <summary>Disposes all prepared statements if there are too many. None of them may be in use.</summary>
    internal void TrimStatements()
    {
        if (statements.Count > StatementsKept)
            DropStatements();
    }

    /// <summary>Runs one or more statements and ignores their rows.</summary>
    internal void Execute(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql + "\0");
        fixed (byte* start = utf8)
        {
            var at = start;
            while (at < start + utf8.Length - 1)
            {
                // A length of -1 reads up to the terminating 0; at moves past the compiled statement.
                Check(Native.sqlite3_prepare_v3(handle, at, -1, 0, out var compiled, out at));
                if (compiled == 0)
                    return;
                using var statement = new Statement(this, compiled);
                while (statement.Step())
                {
                }
            }
        }
    }

    /// <summary>Returns the first column of the first row as an integer; 0 if there is no row.</summary>
    internal long Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>Returns the first column of the first row as text; null if there is no row.</summary>
    internal string? ScalarText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Whether secrets were deleted since this was last reset. The WAL may still contain them.</summary>
    internal bool ErasedSecrets { get; set; }

    /// <summary>Copies the WAL into the database file.</summary>
    /// <returns>Whether the whole WAL was copied and the rest of the mode's work was done.</returns>
    internal bool Checkpoint(CheckpointMode mode)
    {
        // SQLite opens the WAL on the first read. Before that, a checkpoint does nothing and still reports success.
        Scalar("SELECT version FROM schema_version");
        var code = Native.sqlite3_wal_checkpoint_v2(handle, null, (int)mode, out var frames, out var done);
        if ((code & 0xff) == ResultCode.Busy)
            return false;
        Check(code);
        return frames >= 0 && done >= frames;
    }

    /// <summary>Throws <see cref="SqliteFault"/> unless the code means success.</summary>
    internal void Check(int code)
    {
        if (code != ResultCode.Ok)
            throw Fault(code);
    }

    /// <summary>Returns the fault for a result code, with the connection's last message.</summary>
    internal SqliteFault Fault(int code) => new(code, Message(handle), Native.sqlite3_system_errno(handle));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (handle == 0)
            return;
        DropStatements();
        _ = Native.sqlite3_wal_hook(handle, null, 0);
        _ = Native.sqlite3_close_v2(handle);
        NativeMemory.Free(walFrames);
        NativeMemory.Free(interrupted);
        handle = 0;
    }

    private static string Message(nint db) =>
        Marshal.PtrToStringUTF8((nint)Native.sqlite3_errmsg(db)) ?? "unknown error";

    private Statement Prepare(string sql)
    {
        // SQLITE_PREPARE_PERSISTENT: the statement is kept and reused.
        const uint Persistent = 1;
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = utf8)
        {
            Check(Native.sqlite3_prepare_v3(handle, start, utf8.Length, Persistent, out var compiled, out _));
            return new Statement(this, compiled);
        }
    }

    private void DropStatements()
    {
        foreach (var statement in statements.Values)
            statement.Dispose();
        statements.Clear();
    }
}
