using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Sqlite;

public sealed class SqliteTaskStoreConformance : TaskStoreConformance
{
    private readonly TestDatabase database = new();

    protected override ITaskStore Store => store ??= new SqliteTaskStore(database.Database);

    protected override IFileIndex Files => new SqlFileIndex(database.Database.Sql);

    protected override TestClock Clock => database.Clock;

    private SqliteTaskStore? store;

    public override void Dispose() => database.Dispose();

    protected override void Reopen()
    {
        database.Close();
        store = null;
    }
}

public sealed class SqliteNodeStoreConformance : NodeStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override INodeStore Store => new SqlNodeStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteQueueStoreConformance : QueueStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IQueueStore Store => new SqlQueueStore(database.Database.Sql);

    protected override IResourceEventStore Events => new SqlResourceEventStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteTrustStoreConformance : TrustStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override ITrustStore Store => new SqlTrustStore(database.Database.Sql);

    protected override INodeStore Nodes => new SqlNodeStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteNodeEventStoreConformance : NodeEventStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override INodeEventStore Store => new SqlNodeEventStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteWebhookStoreConformance : WebhookStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    private SqlWebhookStore? store;

    protected override IWebhookStore Store => store ??= new SqlWebhookStore(database.Database.Sql);

    public void Dispose() => database.Dispose();

    protected override void Reopen()
    {
        database.Close();
        store = null;
    }
}

public sealed class SqliteKeyStoreConformance : KeyStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IKeyStore Store => new SqlKeyStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteAgainstMemory : AgainstMemoryConformance
{
    private readonly TestDatabase database = new();

    protected override ITaskStore Store => database.Store;

    protected override TestClock Clock => database.Clock;

    public override void Dispose() => database.Dispose();

    protected override void Close() => database.Close();
}

public sealed class SqliteAuditStoreConformance : AuditStoreConformance, IDisposable
{
    private readonly TestDatabase database = new();

    protected override IAuditStore Store => new SqlAuditStore(database.Database.Sql);

    protected override ITaskStore Tasks => new SqliteTaskStore(database.Database);

    protected override IQueueStore Queues => new SqlQueueStore(database.Database.Sql);

    protected override INodeStore Nodes => new SqlNodeStore(database.Database.Sql);

    protected override IKeyStore Keys => new SqlKeyStore(database.Database.Sql);

    protected override IWebhookStore Webhooks => new SqlWebhookStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

public sealed class SqliteHostileTextConformance : HostileTextConformance
{
    private readonly TestDatabase database = new();

    protected override ITaskStore Tasks => new SqliteTaskStore(database.Database);

    protected override INodeStore Nodes => new SqlNodeStore(database.Database.Sql);

    protected override INodeEventStore NodeEvents => new SqlNodeEventStore(database.Database.Sql);

    protected override IQueueStore Queues => new SqlQueueStore(database.Database.Sql);

    protected override IKeyStore Keys => new SqlKeyStore(database.Database.Sql);

    protected override IWebhookStore Webhooks => new SqlWebhookStore(database.Database.Sql);

    protected override ITrustStore Trust => new SqlTrustStore(database.Database.Sql);

    protected override IAuditStore Audit => new SqlAuditStore(database.Database.Sql);

    protected override TestClock Clock => database.Clock;

    public override void Dispose() => database.Dispose();
}
