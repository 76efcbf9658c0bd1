using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>
/// Chooses the SQLite library of this process: the system's if it is recent enough, since the system keeps it patched;
/// otherwise the one bundled with the program.
/// </summary>
internal static class SqliteLibrary
{
    /// <summary>The file name of the system's library.</summary>
    internal const string SystemName = "libsqlite3.so.0";

    /// <summary>
    /// The oldest version that the store may run on, as SQLite numbers it: 3.51.3. In 3.7.0 to 3.51.2, a commit that
    /// restarts the log during the second of two checkpoints can corrupt the database (sqlite.org/wal.html, "The
    /// WAL-reset bug"), and
    /// <see cref="Writing.Checkpointer"/> does run two checkpoints in a row. A patched older version looks like an
    /// unpatched one.
    /// </summary>
    internal const int OldestSafe = 3_051_003;

    private static readonly Lock Gate = new();
    private static string? description;

    /// <summary>Loads the library. Returns its version and origin, such as <c>3.53.4 (bundled)</c>.</summary>
    /// <exception cref="UnusableDatabaseException">
    /// The system's library is too old or missing, and the bundled one does not load.
    /// </exception>
    internal static unsafe string Load()
    {
        lock (Gate)
        {
            if (description is not null)
                return description;
            var system = TryLoad(SystemName, OldestSafe);
            var library = system != 0 ? system : LoadBundled();
            NativeLibrary.SetDllImportResolver(
                typeof(SqliteLibrary).Assembly, (name, _, _) => name == Native.Library ? library : 0);
            // Turns off SQLite's memory statistics (option 9, SQLITE_CONFIG_MEMSTATUS), which take a process-wide lock
            // for each allocation and which nothing reads.
            const int CountMemory = 9;
            _ = Native.sqlite3_config(CountMemory, 0);
            var version = Marshal.PtrToStringUTF8((nint)Native.sqlite3_libversion());
            return description = $"{version} ({(system != 0 ? "system" : "bundled")})";
        }
    }

    /// <summary>
    /// Loads a library of at least the given version. Returns 0 if there is none, or only an older one.
    /// </summary>
    internal static nint TryLoad(string name, int oldest)
    {
        if (!NativeLibrary.TryLoad(name, out var library))
            return 0;
        if (Version(library) >= oldest)
            return library;
        NativeLibrary.Free(library);
        return 0;
    }

    internal static nint LoadBundled()
    {
        try
        {
            return NativeLibrary.Load(Native.Library, typeof(SqliteLibrary).Assembly, null);
        }
        catch (DllNotFoundException e)
        {
            throw new UnusableDatabaseException(
                $"Cannot load SQLite. The bundled library does not load on this machine, and the system has no {SystemName} of version "
                + "3.51.3 or later; earlier versions can corrupt a database.", e);
        }
    }

    /// <summary>
    /// Returns a library's version as SQLite numbers it, such as 3053004; 0 if the library is not SQLite.
    /// </summary>
    internal static unsafe int Version(nint library) =>
        NativeLibrary.TryGetExport(library, "sqlite3_libversion_number", out var version)
            ? ((delegate* unmanaged[Cdecl]<int>)version)()
            : 0;
}
