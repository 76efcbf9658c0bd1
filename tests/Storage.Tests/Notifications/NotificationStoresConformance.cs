using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Storage.Tests.Postgres;
using OrleansTasks.Storage.Tests.Sqlite;

namespace OrleansTasks.Storage.Tests.Notifications;

public sealed class SqliteNotificationStoreConformance : NotificationStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override INotificationStore Store => new SqlNotificationStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresNotificationStoreConformance : NotificationStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override INotificationStore Store => new SqlNotificationStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class MemoryNotificationStoreConformance : NotificationStoreConformance
{
    protected override INotificationStore Store { get; } = new MemoryNotificationStore();
}
