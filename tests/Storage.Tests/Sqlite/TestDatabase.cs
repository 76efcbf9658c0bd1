using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>A database in a folder of its own, that can be closed and opened again.</summary>
public sealed class TestDatabase : IDisposable
{
    private readonly TempFolder folder = new();
    private SqliteDatabase? database;

    public TestDatabase(Action<SqliteStorageOptions>? configure = null)
    {
        Options = new SqliteStorageOptions { Directory = folder.File("data") };
        configure?.Invoke(Options);
    }

    public TestClock Clock { get; } = new();

    public SqliteStorageOptions Options { get; }

    public string File => Path.Combine(Options.Directory, "tasks.db");

    public SqliteDatabase Database => database ??= new SqliteDatabase(Options, Clock);

    public SqliteTaskStore Store => new(Database);

    public void Close()
    {
        database?.Dispose();
        database = null;
    }

    public void Dispose()
    {
        Close();
        folder.Dispose();
    }
}
