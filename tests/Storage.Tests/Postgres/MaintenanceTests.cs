using System.Text.Json.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Notifications;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Tests.Sqlite;
using OrleansTasks.Tests.Postgres;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Backups of both stores: what is restored is what there was, and nothing that knew the old store can write.</summary>
[Trait("Needs", "postgres")]
public sealed class MaintenanceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly TempFolder folder = new();
    private readonly PostgresTestDatabase postgres = new();
    private readonly TestDatabase sqlite = new();

    private string Copy => folder.File("copy");

    public void Dispose()
    {
        postgres.Dispose();
        sqlite.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Postgres_RestoredElsewhere_IsTheSameAndFencesEarlierOwners()
    {
        var store = new PostgresTaskStore(postgres.Database);
        var queue = await Fill(store, postgres.Clock);
        var webhooks = await new SqlWebhookStore(postgres.Database.Sql).TakeEpoch();
        await new SqlKeyStore(postgres.Database.Sql).Add(new("k1", "name", TestRows.Bytes("hash"), default), 5);
        await new PostgresMaintenance(postgres.Options).Backup(Copy, None);
        // Not in the backup.
        await queue.Commit(queue.New());

        var restored = new PostgresStorageOptions { ConnectionString = Database("restored") };
        await new PostgresMaintenance(restored).Restore(Copy, isPaused: false, None);

        await using var database = await PostgresDatabase.Open(restored, postgres.Clock, None);
        var again = new PostgresTaskStore(database);
        await Compare(again, queue);
        await AssertFenced(new SqlWebhookStore(database.Sql), webhooks);
        Assert.Equal("k1", Assert.Single(await new SqlKeyStore(database.Sql).List()).Id);
        // New rows get new numbers.
        await new SqlKeyStore(database.Sql).Add(new("k2", "name", TestRows.Bytes("hash2"), default), 5);
        Assert.NotEqual(queue.No, (await again.TakeEpoch("other", null, None)).QueueNo);
        var status = await new PostgresMaintenance(restored).Status(None);
        Assert.Equal((1, 2L, 2L), (status.Schema, status.Queues, status.Tasks));

        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new PostgresMaintenance(restored).Restore(Copy, isPaused: false, None));
        Assert.Contains("has a store with data", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sqlite_RestoredElsewhere_IsTheSameAndFencesEarlierOwners()
    {
        var queue = await Fill(sqlite.Store, sqlite.Clock);
        var webhooks = await new SqlWebhookStore(sqlite.Database.Sql).TakeEpoch();
        Directory.CreateDirectory(Path.Combine(sqlite.Options.Directory, "output", "00"));
        await File.WriteAllTextAsync(Path.Combine(sqlite.Options.Directory, "output", "00", "kept"), "text", None);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy, None);
        await queue.Commit(queue.New());

        var restored = new SqliteStorageOptions { Directory = folder.File("restored") };
        await new SqliteMaintenance(restored).Restore(Copy, isPaused: false, None);

        Assert.Equal("text", await File.ReadAllTextAsync(Path.Combine(restored.Directory, "output", "00", "kept"), None));
        using (var database = new SqliteDatabase(restored, sqlite.Clock))
        {
            await Compare(new SqliteTaskStore(database), queue);
            await AssertFenced(new SqlWebhookStore(database.Sql), webhooks);
        }

        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new SqliteMaintenance(restored).Restore(Copy, isPaused: false, None));
        Assert.Contains("already has a store", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Tables are copied one after the other, and tasks come and go meanwhile.</summary>
    [Fact]
    public async Task Postgres_BackupWhileTasksAreDeleted_IsAsOfOneMoment()
    {
        var queue = await Fill(new PostgresTaskStore(postgres.Database), postgres.Clock);
        var backup = Task.CompletedTask;
        await postgres.Database.Write(async session =>
        {
            await session.Run("LOCK TABLE ot.specs IN ACCESS EXCLUSIVE MODE");
            backup = new PostgresMaintenance(postgres.Options).Backup(Copy, None);
            while (!backup.IsCompleted && !await postgres.IsLockAwaited())
            {
            }

            await session.Run("DELETE FROM ot.specs");
            await session.Run("DELETE FROM ot.tasks");
            return true;
        });
        await backup;

        var restored = new PostgresStorageOptions { ConnectionString = Database("moment") };
        await new PostgresMaintenance(restored).Restore(Copy, isPaused: false, None);
        await using var database = await PostgresDatabase.Open(restored, postgres.Clock, None);
        var store = new PostgresTaskStore(database);
        await Compare(store, queue);
        Assert.Equal(2, (await store.ReadSpecs([.. (await store.List(TaskFilter.All, null, 10)).Select(static task => task.Id)])).Length);
    }

    [Fact]
    public async Task Postgres_RestoredPaused_StartsNothingByItself()
    {
        await FillToRun(
            new PostgresTaskStore(postgres.Database), new SqlQueueStore(postgres.Database.Sql),
            new SqlWebhookStore(postgres.Database.Sql), postgres.Clock);
        await FillNotifications(postgres.Database.Sql);
        await using (var program = new Npgsql.NpgsqlConnection(postgres.Options.ConnectionString))
        {
            await program.OpenAsync(None);
            await using var submit = new Npgsql.NpgsqlCommand(
                """SELECT ot.submit('{"cmd":"true","queue":"submitted"}')""", program);
            await submit.ExecuteNonQueryAsync(None);
        }

        await new PostgresMaintenance(postgres.Options).Backup(Copy, None);
        var restored = new PostgresStorageOptions { ConnectionString = Database("paused") };
        await new PostgresMaintenance(restored).Restore(Copy, isPaused: true, None);

        await using var database = await PostgresDatabase.Open(restored, postgres.Clock, None);
        await FindPaused(
            new PostgresTaskStore(database), new SqlQueueStore(database.Sql), new SqlWebhookStore(database.Sql),
            ["own", "plain", "set", "submitted"]);
        await FindPausedNotifications(database.Sql);
    }

    [Fact]
    public async Task Sqlite_RestoredPausedFromAVersionWithoutNotifications_IsRestored()
    {
        await FillNotifications(sqlite.Database.Sql);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy, None);
        var file = Directory.GetFiles(Copy, "*.db").Single();
        using (var backup = Connection.Open(file, create: false, TimeSpan.FromSeconds(1)))
            backup.Execute("DROP TABLE notifications");
        var restored = new SqliteStorageOptions { Directory = folder.File("restored") };

        await new SqliteMaintenance(restored).Restore(Copy, isPaused: true, None);

        Assert.True(File.Exists(restored.DatabasePath));
    }

    [Fact]
    public async Task Sqlite_RestoredPaused_StartsNothingByItself()
    {
        await FillToRun(
            sqlite.Store, new SqlQueueStore(sqlite.Database.Sql), new SqlWebhookStore(sqlite.Database.Sql), sqlite.Clock);
        await FillNotifications(sqlite.Database.Sql);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy, None);
        var restored = new SqliteStorageOptions { Directory = folder.File("restored") };
        await new SqliteMaintenance(restored).Restore(Copy, isPaused: true, None);

        using var database = new SqliteDatabase(restored, sqlite.Clock);
        await FindPaused(
            new SqliteTaskStore(database), new SqlQueueStore(database.Sql), new SqlWebhookStore(database.Sql),
            ["own", "plain", "set"]);
        await FindPausedNotifications(database.Sql);
    }

    [Fact, System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Sqlite_BackupAndRestoredStore_AreTheOwnersAlone()
    {
        const UnixFileMode owners = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await Fill(sqlite.Store, sqlite.Clock);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy + "/", None);
        var backup = Path.Combine(Copy, "tasks.db");
        Assert.Equal(owners, File.GetUnixFileMode(backup));

        File.SetUnixFileMode(backup, owners | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var restored = new SqliteStorageOptions { Directory = folder.File("restored") };
        await new SqliteMaintenance(restored).Restore(Copy, isPaused: false, None);
        Assert.Equal(owners, File.GetUnixFileMode(restored.DatabasePath));
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    [InlineData("-journal")]
    public async Task Sqlite_RestoreBesideTheLogOfAnotherDatabase_IsRefused(string ending)
    {
        await Fill(sqlite.Store, sqlite.Clock);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy, None);
        var target = new SqliteStorageOptions { Directory = folder.File("target") };
        Directory.CreateDirectory(target.Directory);
        await File.WriteAllTextAsync(target.DatabasePath + ending, "", None);

        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new SqliteMaintenance(target).Restore(Copy, isPaused: false, None));

        Assert.Contains("tasks.db" + ending, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(target.DatabasePath));
    }

    [Fact]
    public async Task Restore_BackupOfTheOtherKind_IsRefused()
    {
        await Fill(sqlite.Store, sqlite.Clock);
        await new SqliteMaintenance(sqlite.Options).Backup(Copy, None);
        var other = new PostgresStorageOptions { ConnectionString = Database("kind") };
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new PostgresMaintenance(other).Restore(Copy, isPaused: false, None));
        Assert.Contains("a store on SQLite, but this store is on PostgreSQL", refused.Message, StringComparison.Ordinal);
        Assert.Contains("already exists", (await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new SqliteMaintenance(sqlite.Options).Backup(Copy, None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_WhileASiloOwnsTheDatabase_IsRefused()
    {
        await Fill(new PostgresTaskStore(postgres.Database), postgres.Clock);
        await new PostgresMaintenance(postgres.Options).Backup(Copy, None);
        var owned = new PostgresStorageOptions { ConnectionString = Database("owned"), IsOwner = true };
        await using var silo = await PostgresDatabase.Open(owned, postgres.Clock, None);
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => new PostgresMaintenance(owned).Restore(Copy, isPaused: false, None));
        Assert.Contains("Another silo uses the database", refused.Message, StringComparison.Ordinal);
    }

    private static string Database(string name)
    {
        PostgresServer.Shared.CreateDatabase(name);
        return PostgresServer.Shared.ConnectionString(name);
    }

    private static async Task<TestQueue> Fill(ITaskStore store, TestClock clock)
    {
        var queue = await TestQueue.Take(store, clock);
        await queue.Commit(new IdempotencyEntry(TestRows.Bytes("key"), TestRows.Bytes("body"), TestRows.Bytes("answer")),
            queue.New(task => task with { Labels = [new("a", "ü")] }), queue.New());
        return queue;
    }

    /// <summary>
    /// Fills a store with what a service would run: queues without settings, with settings and paused, a schedule that
    /// is due, and a webhook.
    /// </summary>
    private static async Task FillToRun(ITaskStore store, IQueueStore queues, IWebhookStore webhooks, TestClock clock)
    {
        var queue = await TestQueue.Take(store, clock, "plain");
        var schedule = new ScheduleRow(QueueOwnership.RowNumbers, "nightly", 1, false, 5, 60, 50, 40, 1);
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([queue.New()]) with
        {
            Schedules = new ScheduleCommit
            {
                Rows = [schedule], Bodies = [new ScheduleBody(schedule.No, TestRows.Bytes("spec"), default)],
            },
        }));
        Assert.True(await queues.Put(QueueSettings.DefaultOf("set") with { MaxRunning = 3 }, null, null));
        Assert.True(await queues.Put(
            QueueSettings.DefaultOf("own") with { Paused = true, Pause = new QueuePause(7) { Reason = "mine" } },
            null, null));
        var hook = new WebhookRow("hook", "http://hook", WebhookTypes.Task, false, 1, TestRows.Bytes("secret"));
        Assert.True(await webhooks.Commit(new WebhookCommit(await webhooks.TakeEpoch(), [hook], [], [], 5)));
    }

    private static async Task FillNotifications(ISqlDatabase database)
    {
        var notifications = new SqlNotificationStore(database);
        (string, string)[] bodies =
        [
            ("a", """{"to":"x"}"""), ("b", """{"paused":false,"to":"\u0000é"}"""), ("c", """{"paused":true}"""),
        ];
        foreach (var (name, body) in bodies)
            Assert.True(await notifications.Put(new NotificationRow(name, 1, TestRows.Bytes(body), 5, 6)));
    }

    private static async Task FindPausedNotifications(ISqlDatabase database)
    {
        var rows = await new SqlNotificationStore(database).List();
        var bodies = rows.Select(static row => JsonNode.Parse(row.Body.Span)!.AsObject()).ToArray();
        Assert.Equal(["a", "b", "c"], rows.Select(static row => row.Name));
        Assert.All(bodies, static body => Assert.True((bool)body["paused"]!));
        Assert.Equal(["x", "\0é", null], bodies.Select(static body => (string?)body["to"]));
    }

    private static async Task FindPaused(ITaskStore store, IQueueStore queues, IWebhookStore webhooks, string[] names)
    {
        var settings = (await queues.List()).ToDictionary(static queue => queue.Name);
        Assert.Equal(names, settings.Keys.Order());
        Assert.All(settings.Values, static queue => Assert.True(queue.Paused));
        Assert.Equal(new QueuePause(7) { Reason = "mine" }, settings["own"].Pause);
        foreach (var name in names.Except(["own"]))
        {
            var pause = settings[name].Pause!;
            Assert.Equal("restored from a backup", pause.Reason);
            Assert.InRange(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - pause.At, -60_000, 600_000);
        }

        Assert.Equal((3, 2L), (settings["set"].MaxRunning, settings["set"].Version));
        Assert.Equal(
            QueueSettings.DefaultOf("plain") with { Paused = true, Pause = settings["plain"].Pause }, settings["plain"]);
        var schedule = (await store.Schedules.Get("nightly"))!.Row;
        Assert.Equal((true, 0L, 2L), (schedule.Paused, schedule.NextAt, schedule.Version));
        Assert.True(Assert.Single(await webhooks.List()).Paused);
        Assert.Single(await store.List(TaskFilter.All, null, 10));
    }

    /// <summary>Finds that the owner of the webhooks from before the backup is fenced, however often it took over since.</summary>
    private static async Task AssertFenced(IWebhookStore restored, long before)
    {
        for (var later = 0; later < 3; later++)
        {
            Assert.False(await restored.Owns(before + later));
            Assert.False(await restored.Commit(new WebhookCommit(before + later, [], [], [], 5)));
        }

        Assert.InRange(await restored.TakeEpoch(), 1 << 20, long.MaxValue);
    }

    /// <summary>Finds the two tasks of the backup, and that the owner from before it is fenced, however often it took over since.</summary>
    private static async Task Compare(ITaskStore restored, TestQueue before)
    {
        Assert.Equal(2, (await restored.List(TaskFilter.All, null, 10)).Length);
        Assert.Single(await restored.FindIdempotent([TestRows.Bytes("key")], 0));
        Assert.Equal(1L, Assert.Single((await restored.ReadEventLog(0, 10)).Records).Number);
        before.Owned = before.Owned with { Sequence = 1 };
        for (var later = 0; later < 3; later++)
            Assert.Equal(CommitOutcome.Fenced,
                (await restored.Commit(before.Plan([]) with { Epoch = before.Owned.Epoch + later })).Outcome);
        Assert.InRange((await restored.TakeEpoch(before.Name, null, None)).Epoch, 1 << 20, long.MaxValue);
    }
}
