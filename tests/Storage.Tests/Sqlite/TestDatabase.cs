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

    /// <summary>Writes 3,000 tasks, and closes the database. Returns the first one.</summary>
    public async Task<TaskId> Fill()
    {
        var queue = await TestQueue.Take(Store, Clock);
        TaskWrite[] writes = [.. Enumerable.Range(0, 3000).Select(_ => queue.New())];
        await queue.Commit(writes);
        Close();
        return writes[0].Row.Id;
    }

    /// <summary>Opens the file, which must be refused and stay as it is. Returns why it was refused.</summary>
    public string AssertRefusedAndUntouched()
    {
        var before = System.IO.File.Exists(File) ? System.IO.File.ReadAllBytes(File) : [];
        var e = Assert.Throws<UnusableDatabaseException>(() => Database);
        Assert.Equal(before, System.IO.File.Exists(File) ? System.IO.File.ReadAllBytes(File) : []);
        Assert.DoesNotContain(Options.Directory, e.Message, StringComparison.Ordinal);
        return e.Message;
    }

    public void Dispose()
    {
        Close();
        folder.Dispose();
    }
}
