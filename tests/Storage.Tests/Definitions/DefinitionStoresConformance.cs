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

    protected override IAuditStore Audit => new SqlAuditStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresDefinitionStoreConformance : DefinitionStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IDefinitionStore Store => new SqlDefinitionStore(database.Database.Sql);

    protected override IAuditStore Audit => new SqlAuditStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryDefinitionStoreConformance : DefinitionStoreConformance
{
    private readonly MemoryAuditStore audit = new();

    public MemoryDefinitionStoreConformance() => Store = new MemoryDefinitionStore(audit);

    protected override IDefinitionStore Store { get; }

    protected override IAuditStore Audit => audit;
}
