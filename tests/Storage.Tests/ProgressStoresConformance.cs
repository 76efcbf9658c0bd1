using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests;

public sealed class SqliteProgressStoreConformance : ProgressStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IProgressStore Store => new SqlProgressStore(database.Database.Sql);

    protected override ITaskStore Tasks => database.Store;

    protected override TestClock Clock => database.Clock;

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresProgressStoreConformance : ProgressStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IProgressStore Store => new SqlProgressStore(database.Database.Sql);

    protected override ITaskStore Tasks => new PostgresTaskStore(database.Database);

    protected override TestClock Clock => database.Clock;

    public void Dispose() => database.Dispose();
}

public sealed class MemoryProgressStoreConformance : ProgressStoreConformance
{
    private readonly MemoryTaskStore tasks;

    public MemoryProgressStoreConformance()
    {
        tasks = new MemoryTaskStore(Clock);
        Store = new MemoryProgressStore(() => tasks);
    }

    protected override IProgressStore Store { get; }

    protected override ITaskStore Tasks => tasks;

    protected override TestClock Clock { get; } = new();
}
