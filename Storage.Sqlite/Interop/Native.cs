using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>
/// The part of SQLite's C interface that the store uses. Calls that only copy a value suppress the garbage collector's
/// transition, which is cheaper. Calls that may touch the disk or wait must not.
/// </summary>
internal static unsafe partial class Native
{
    internal const string Library = "e_sqlite3";

    [LibraryImport(Library)]
    internal static partial byte* sqlite3_libversion();

    [LibraryImport(Library)]
    internal static partial int sqlite3_libversion_number();

    [LibraryImport(Library)]
    internal static partial int sqlite3_config(int option, int value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sqlite3_open_v2(string path, out nint db, int flags, byte* vfs);

    [LibraryImport(Library)]
    internal static partial int sqlite3_close_v2(nint db);

    [LibraryImport(Library)]
    internal static partial int sqlite3_extended_result_codes(nint db, int on);

    [LibraryImport(Library)]
    internal static partial int sqlite3_busy_timeout(nint db, int milliseconds);

    [LibraryImport(Library)]
    internal static partial byte* sqlite3_errmsg(nint db);

    [LibraryImport(Library)]
    internal static partial int sqlite3_system_errno(nint db);

    [LibraryImport(Library)]
    internal static partial int sqlite3_prepare_v3(
        nint db, byte* sql, int length, uint flags, out nint statement, out byte* tail);

    [LibraryImport(Library)]
    internal static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)]
    internal static partial int sqlite3_wal_checkpoint_v2(nint db, byte* name, int mode, out int frames, out int done);

    [LibraryImport(Library)]
    internal static partial void sqlite3_interrupt(nint db);

    [LibraryImport(Library)]
    internal static partial void sqlite3_progress_handler(
        nint db, int instructions, delegate* unmanaged[Cdecl]<nint, int> handler, nint state);

    [LibraryImport(Library)]
    internal static partial nint sqlite3_wal_hook(
        nint db, delegate* unmanaged[Cdecl]<nint, nint, byte*, int, int> hook, nint state);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_get_autocommit(nint db);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_changes(nint db);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_txn_state(nint db, nint schema);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_bind_blob(nint statement, int index, byte* value, int length, nint free);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_bind_text(nint statement, int index, byte* value, int length, nint free);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial int sqlite3_column_bytes(nint statement, int column);

    /// <summary>
    /// SQLite's progress callback. Returns nonzero after <see cref="Connection.Interrupt"/>, which ends the statement.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int IsInterrupted(nint state) => System.Threading.Volatile.Read(ref *(int*)state);

    /// <summary>
    /// SQLite's WAL hook, called after each commit. Stores the WAL's length, in pages, for
    /// <see cref="Connection.WalFrames"/>.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int NoteWalFrames(nint state, nint db, byte* name, int frames)
    {
        *(int*)state = frames;
        return 0;
    }
}
