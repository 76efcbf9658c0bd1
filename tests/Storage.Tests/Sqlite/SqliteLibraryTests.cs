using System.Runtime.InteropServices;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Which SQLite a process gets: never one that can corrupt a database in WAL mode.</summary>
public sealed class SqliteLibraryTests
{
    [Fact]
    public void Bundled_Library_IsSafe()
    {
        var bundled = SqliteLibrary.LoadBundled();
        try
        {
            Assert.InRange(SqliteLibrary.Version(bundled), 3_051_003, 3_999_999);
        }
        finally
        {
            NativeLibrary.Free(bundled);
        }
    }

    [Fact]
    public void Load_SystemLibrary_IsTakenOnlyIfSafe()
    {
        Assert.Matches(@"^3\.\d+\.\d+ \((system|bundled)\)$", SqliteDatabase.LibraryVersion);
        var has = NativeLibrary.TryLoad(SqliteLibrary.SystemName, out var system);
        var safe = has && SqliteLibrary.Version(system) >= 3_051_003;
        Assert.EndsWith(safe ? " (system)" : " (bundled)", SqliteDatabase.LibraryVersion, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Database_RunsOnTheLibraryThatIsReported()
    {
        using var data = new TestDatabase();
        _ = data.Database;
        using var connection = Connection.Open(data.File, create: false, TimeSpan.Zero);
        Assert.Equal(SqliteDatabase.LibraryVersion.Split(' ')[0], connection.ScalarText("SELECT sqlite_version()"));
    }

    [Fact]
    public void TryLoad_LibraryOlderThanAskedFor_IsPassedOver()
    {
        var bundled = SqliteLibrary.LoadBundled();
        var version = SqliteLibrary.Version(bundled);
        NativeLibrary.Free(bundled);
        var path = BundledPath();

        Assert.Equal(0, SqliteLibrary.TryLoad(path, version + 1));

        var taken = SqliteLibrary.TryLoad(path, version);
        Assert.NotEqual(0, taken);
        NativeLibrary.Free(taken);
    }

    [Theory]
    [InlineData("libc.so.6")]
    [InlineData("libnowhere.so.0")]
    public void TryLoad_LibraryThatIsNotSqliteOrMissing_IsPassedOver(string name) =>
        Assert.Equal(0, SqliteLibrary.TryLoad(name, SqliteLibrary.OldestSafe));

    // The host lists the folders of native libraries; the one of this system is among them.
    private static string BundledPath() =>
        ((string)AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES")!)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "libe_sqlite3.so"))
            .First(File.Exists);
}
