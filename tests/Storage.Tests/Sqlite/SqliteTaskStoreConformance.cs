using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Sqlite;

public sealed class SqliteTaskStoreConformance : TaskStoreConformance
{
    private readonly TempFolder folder = new();
    private SqliteDatabase database;
    private SqliteTaskStore store;

    public SqliteTaskStoreConformance()
    {
        database = new SqliteDatabase(Options, Clock);
        store = new SqliteTaskStore(database);
    }

    protected override ITaskStore Store => store;

    private SqliteStorageOptions Options => new() { Directory = folder.Path };

    public override void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    protected override void Reopen()
    {
        database.Dispose();
        database = new SqliteDatabase(Options, Clock);
        store = new SqliteTaskStore(database);
    }
}
