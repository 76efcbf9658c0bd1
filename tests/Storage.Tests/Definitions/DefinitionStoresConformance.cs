using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Definitions;

public sealed class SqliteDefinitionStoreConformance : DefinitionStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IDefinitionStore Store => new SqlDefinitionStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresDefinitionStoreConformance : DefinitionStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IDefinitionStore Store => new SqlDefinitionStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryDefinitionStoreConformance : DefinitionStoreConformance
{
    protected override IDefinitionStore Store { get; } = new MemoryDefinitionStore();
}
