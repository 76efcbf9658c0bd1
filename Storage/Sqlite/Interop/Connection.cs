using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>One SQLite connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed unsafe class Connection : IDisposable
{
    private const int ReadWrite = 0x2, Create = 0x4, NoMutex = 0x8000;
    private const int StatementsKept = 96;
    private readonly Dictionary<string, Statement> statements = new(StringComparer.Ordinal);
    private const int InstructionsBetweenLooks = 1_000;
    private readonly int* walFrames;
    private readonly int* interrupted;
    private nint handle;

    private Connection(nint handle)
    {
        this.handle = handle;
        walFrames = (int*)NativeMemory.AllocZeroed(sizeof(int));
        interrupted = (int*)NativeMemory.AllocZeroed(sizeof(int));
    }

    /// <summary>Whether a transaction is open.</summary>
    internal bool InTransaction => Native.sqlite3_get_autocommit(handle) == 0;

    /// <summary>Whether it holds a snapshot: also one that a statement keeps which was not stepped to its end.</summary>
    internal bool HoldsSnapshot => Native.sqlite3_txn_state(handle, 0) != 0;

    /// <summary>How many rows the last statement changed.</summary>
    internal int Changes => Native.sqlite3_changes(handle);

    /// <summary>
    /// The WAL's length in pages after the last commit of this connection; see <see cref="WatchWal"/>.
    /// </summary>
    internal int WalFrames => *walFrames;

    /// <summary>Opens a database file; throws <see cref="SqliteFault"/>.</summary>
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
    /// Takes over what SQLite does after each commit: instead of a checkpoint it only notes the WAL's length.
    /// </summary>
    internal void WatchWal() => Native.sqlite3_wal_hook(handle, &Native.NoteWalFrames, (nint)walFrames);

    /// <summary>Lets <see cref="Interrupt"/> end statements. Costs a look for every thousand instructions.</summary>
    internal void AllowInterrupt() => Native.sqlite3_progress_handler(
        handle, InstructionsBetweenLooks, &Native.IsInterrupted, (nint)interrupted);

    /// <summary>
    /// Ends the statement that runs, and every later one of this connection: they fail with
    /// <see cref="ResultCode.Interrupted"/>. The one method that another thread may call, as long as the connection is not
    /// disposed. SQLite's own interrupt is lost when no statement runs at that moment, so the mark stays set.
    /// </summary>
    internal void Interrupt()
    {
        Volatile.Write(ref *interrupted, 1);
        Native.sqlite3_interrupt(handle);
    }

    /// <summary>The prepared statement of a text that is used again and again; never disposed by the caller.</summary>
    internal Statement Get(string sql)
    {
        if (statements.TryGetValue(sql, out var statement))
            return statement;
        return statements[sql] = Prepare(sql);
    }

    /// <summary>Lets statements go when there are many; none of them may be in use.</summary>
    internal void TrimStatements()
    {
        if (statements.Count > StatementsKept)
            DropStatements();
    }

    /// <summary>Runs a text of one or more statements and ignores their rows.</summary>
    internal void Execute(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql + "\0");
        fixed (byte* start = utf8)
        {
            var at = start;
            while (at < start + utf8.Length - 1)
            {
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

    /// <summary>The first column of the first row as an integer; 0 without a row.</summary>
    internal long Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>The first column of the first row as text; null without a row.</summary>
    internal string? ScalarText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Whether secrets were deleted since this was last set to false; the WAL may still have them.</summary>
    internal bool ErasedSecrets { get; set; }

    /// <summary>Copies the WAL into the database file.</summary>
    /// <returns>Whether all of it was copied, and whatever else the mode asks for.</returns>
    internal bool Checkpoint(CheckpointMode mode)
    {
        // SQLite opens the WAL with the first read; before that a checkpoint does nothing and reports success.
        Scalar("SELECT version FROM schema_version");
        var code = Native.sqlite3_wal_checkpoint_v2(handle, null, (int)mode, out var frames, out var done);
        if ((code & 0xff) == ResultCode.Busy)
            return false;
        Check(code);
        return frames >= 0 && done >= frames;
    }

    /// <summary>Throws <see cref="SqliteFault"/> on anything but success.</summary>
    internal void Check(int code)
    {
        if (code != ResultCode.Ok)
            throw Fault(code);
    }

    /// <summary>The fault that a code and this connection's last message describe.</summary>
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
