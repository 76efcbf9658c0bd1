using OrleansTasks.Storage.Calendars;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Calendars;

public sealed class SqliteCalendarStoreConformance : CalendarStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override ICalendarStore Store => new SqlCalendarStore(database.Database.Sql);

    protected override IAuditStore Audit => new SqlAuditStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresCalendarStoreConformance : CalendarStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override ICalendarStore Store => new SqlCalendarStore(database.Database.Sql);

    protected override IAuditStore Audit => new SqlAuditStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryCalendarStoreConformance : CalendarStoreConformance
{
    private readonly MemoryAuditStore audit = new();

    public MemoryCalendarStoreConformance() => Store = new MemoryCalendarStore(audit);

    protected override ICalendarStore Store { get; }

    protected override IAuditStore Audit => audit;
}
