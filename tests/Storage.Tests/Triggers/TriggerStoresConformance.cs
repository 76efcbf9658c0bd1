using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;
using OrleansTasks.Storage.Triggers;

namespace OrleansTasks.Storage.Tests.Triggers;

public sealed class SqliteTriggerStoreConformance : TriggerStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override ITriggerStore Store => new SqlTriggerStore(database.Database.Sql);

    protected override IDefinitionStore Definitions => new SqlDefinitionStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresTriggerStoreConformance : TriggerStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override ITriggerStore Store => new SqlTriggerStore(database.Database.Sql);

    protected override IDefinitionStore Definitions => new SqlDefinitionStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryTriggerStoreConformance : TriggerStoreConformance
{
    private readonly MemoryDefinitionStore definitions = new();

    public MemoryTriggerStoreConformance() => Store = new MemoryTriggerStore(definitions);

    protected override ITriggerStore Store { get; }

    protected override IDefinitionStore Definitions => definitions;
}
