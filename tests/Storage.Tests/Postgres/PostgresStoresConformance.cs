using OrleansTasks.Access;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Postgres;

[Trait("Needs", "postgres")]
public sealed class PostgresTaskStoreConformance : TaskStoreConformance
{
    private readonly PostgresTestDatabase database = new();

    private PostgresTaskStore? store;

    protected override ITaskStore Store => store ??= new PostgresTaskStore(database.Database);

    protected override IFileIndex Files => new SqlFileIndex(database.Database.Sql);

    protected override TestClock Clock => database.Clock;

    public override void Dispose() => database.Dispose();

    protected override void Reopen()
    {
        database.Close();
        store = null;
    }
}

[Trait("Needs", "postgres")]
public sealed class PostgresNodeStoreConformance : NodeStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override INodeStore Store => new SqlNodeStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresQueueStoreConformance : QueueStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IQueueStore Store => new SqlQueueStore(database.Database.Sql);

    protected override IResourceEventStore Events => new SqlResourceEventStore(database.Database.Sql);

    /// <summary>Makes most of the changes by SQL: each by itself would take some milliseconds.</summary>
    protected override async Task PutTimes(int count)
    {
        Assert.True(await PutVersion(1));
        database.Execute($"""
            INSERT INTO ot.resource_events (at, kind, id, state) SELECT at, kind, id, state FROM ot.resource_events, generate_series(1, {count - 4});
            UPDATE ot.queue_settings SET version = {count - 3}
            """);
        for (var version = count - 2; version <= count; version++)
            Assert.True(await PutVersion(version));
    }

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresTrustStoreConformance : TrustStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override ITrustStore Store => new SqlTrustStore(database.Database.Sql);

    protected override INodeStore Nodes => new SqlNodeStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresNodeEventStoreConformance : NodeEventStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override INodeEventStore Store => new SqlNodeEventStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresWebhookStoreConformance : WebhookStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    private SqlWebhookStore? store;

    protected override IWebhookStore Store => store ??= new SqlWebhookStore(database.Database.Sql);

    public void Dispose() => database.Dispose();

    /// <summary>Each silo has a store of its own: one asks whether there is a webhook, and another makes it.</summary>
    [Fact]
    public async Task Any_AfterAnotherProcessChangedThem_TellsSo()
    {
        var another = new SqlWebhookStore(database.Database.Sql);
        Assert.False(await another.Any());
        var epoch = await Store.TakeEpoch();
        await Store.Commit(
            new WebhookCommit(epoch, [new WebhookRow("a", "http://a", WebhookTypes.Job, false, 1, new byte[] { 1 })], [], [], 5));
        Assert.True(await another.Any());
        await Store.Commit(new WebhookCommit(epoch, [], ["a"], [], 5));
        Assert.False(await another.Any());
    }

    [Fact]
    public async Task Commit_WhileAnotherSiloTakesOver_WaitsAndIsRefused()
    {
        var first = await Store.TakeEpoch();
        Task<bool>? commit = null;
        await database.Database.Write(async session =>
        {
            // As TakeEpoch of the other silo, which has not committed yet.
            await session.Run("UPDATE ot.webhook_owner SET epoch = epoch + 1");
            commit = Store.Commit(
                new WebhookCommit(first, [new WebhookRow("a", "http://a", WebhookTypes.Job, false, 1, new byte[] { 1 })], [], [], 5));
            while (!commit.IsCompleted && !await database.IsLockAwaited())
            {
            }

            return true;
        });

        Assert.False(await commit!);
        Assert.Empty(await Store.List());
    }

    protected override void Reopen()
    {
        database.Close();
        store = null;
    }
}

[Trait("Needs", "postgres")]
public sealed class PostgresKeyStoreConformance : KeyStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IKeyStore Store => new SqlKeyStore(database.Database.Sql);

    [Fact]
    public async Task RevokeUnlessLastAdmin_WhileAnotherGatewayRevokes_WaitsForItsOutcome()
    {
        foreach (var id in (string[])["a", "b"])
            await Store.Add(new KeyRecord(id, "n", new byte[] { 1 }, Scopes.Admin), 5);
        Task<KeyOutcome>? second = null;
        await database.Database.Write(async session =>
        {
            // As RevokeUnlessLastAdmin of the other key, which has not committed yet.
            await session.Run(SqlKeyStore.OneAtATime);
            await session.Run("UPDATE ot.keys SET revoked_at = 6 WHERE id = 'a'");
            second = Store.RevokeUnlessLastAdmin("b", 6);
            while (!second.IsCompleted && !await IsAwaited())
            {
            }

            return true;
        });
        Assert.Equal(KeyOutcome.LastAdmin, await second!);
        Assert.Equal("b", Assert.Single(await Store.List()).Id);

        // Whether somebody waits for a lock on the table.
        Task<bool> IsAwaited() => database.Database.Read(session => session.First(
            new Query("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'ot.keys'::regclass)"),
            static row => row.Boolean(0)));
    }

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresOutputStoreConformance : OutputStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IOutputStore Store => new PostgresOutputStore(database.Database);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresAgainstMemory : AgainstMemoryConformance
{
    private readonly PostgresTestDatabase database = new();

    protected override ITaskStore Store => new PostgresTaskStore(database.Database);

    protected override TestClock Clock => database.Clock;

    public override void Dispose() => database.Dispose();

    protected override void Close() => database.Close();
}

[Trait("Needs", "postgres")]
public sealed class PostgresAuditStoreConformance : AuditStoreConformance, IDisposable
{
    private readonly PostgresTestDatabase database = new();

    protected override IAuditStore Store => new SqlAuditStore(database.Database.Sql);

    protected override bool MergesQueues => false;

    protected override ITaskStore Tasks => new PostgresTaskStore(database.Database);

    protected override IQueueStore Queues => new SqlQueueStore(database.Database.Sql);

    protected override INodeStore Nodes => new SqlNodeStore(database.Database.Sql);

    protected override IKeyStore Keys => new SqlKeyStore(database.Database.Sql);

    protected override IWebhookStore Webhooks => new SqlWebhookStore(database.Database.Sql);

    public void Dispose() => database.Dispose();
}

[Trait("Needs", "postgres")]
public sealed class PostgresHostileTextConformance : HostileTextConformance
{
    private readonly PostgresTestDatabase database = new();

    protected override ITaskStore Tasks => new PostgresTaskStore(database.Database);

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
