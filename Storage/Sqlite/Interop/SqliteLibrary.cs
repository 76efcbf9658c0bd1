using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Sqlite.Interop;

/// <summary>
/// Chooses the SQLite library of this process: the system's where it has one, since the system patches it, else the one
/// that came with the program.
/// </summary>
internal static class SqliteLibrary
{
    private const string SystemName = "libsqlite3.so.0";
    private const int OldestSupported = 3_035_000;
    private static readonly Lock Gate = new();
    private static string? description;

    /// <summary>Loads the library; the version and where it came from, such as <c>3.40.1 (system)</c>.</summary>
    internal static string Load()
    {
        lock (Gate)
        {
            if (description is not null)
                return description;
            var origin = "bundled";
            NativeLibrary.SetDllImportResolver(typeof(SqliteLibrary).Assembly, (name, assembly, search) =>
            {
                if (name != Native.Library)
                    return 0;
                var system = SystemLibrary();
                if (system == 0)
                    return NativeLibrary.Load(name, assembly, search);
                origin = "system";
                return system;
            });
            // SQLite would count every allocation under one lock of the process; nobody asks for the count.
            const int CountMemory = 9;
            _ = Native.sqlite3_config(CountMemory, 0);
            unsafe
            {
                var version = Marshal.PtrToStringUTF8((nint)Native.sqlite3_libversion());
                return description = $"{version} ({origin})";
            }
        }
    }

    private static unsafe nint SystemLibrary()
    {
        if (!NativeLibrary.TryLoad(SystemName, out var handle))
            return 0;
        if (NativeLibrary.TryGetExport(handle, "sqlite3_libversion_number", out var version)
            && ((delegate* unmanaged[Cdecl]<int>)version)() >= OldestSupported)
            return handle;
        NativeLibrary.Free(handle);
        return 0;
    }
}
