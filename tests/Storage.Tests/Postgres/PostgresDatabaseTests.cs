using OrleansTasks.Storage.Postgres;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>What is refused when a database is opened, and what happens when its server goes away.</summary>
[Trait("Needs", "postgres")]
public sealed class PostgresDatabaseTests : IDisposable
{
    private readonly PostgresTestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Prune_OfEverything_LeavesNoRowOfATask()
    {
        const string NoRows = """
            DO $$
            DECLARE t text; rows bigint; found text := '';
            BEGIN
                FOR t IN SELECT table_name FROM information_schema.columns
                    WHERE table_schema = 'ot' AND column_name = 'task' ORDER BY table_name
                LOOP
                    EXECUTE format('SELECT count(*) FROM ot.%I', t) INTO rows;
                    IF rows > 0 THEN found := found || t || ' '; END IF;
                END LOOP;
                IF found <> '' THEN RAISE EXCEPTION '%', found; END IF;
            END $$
            """;
        var store = new PostgresTaskStore(data.Database);
        var queue = await TestQueue.Take(store, data.Clock);
        var created = queue.New(static s => s with { SecretEnv = TestRows.Bytes("{}"), Labels = [new("k", "v")] });
        var row = created.Row.Running(2).Ended();
        await queue.Commit(new TaskWrite
        {
            Row = row, New = created.New, Superseded = TestRows.Left(row with { Attempt = 1 }, EndReason.Exit, 1, 1),
            Result = TestRows.Result(row) with { Value = TestRows.Bytes("[1]") },
        });
        var found = Assert.ThrowsAny<Exception>(() => data.Execute(NoRows));
        Assert.Contains("task_results", found.Message, StringComparison.Ordinal);

        Assert.Single(await store.Prune(long.MaxValue, long.MaxValue, 10));
        data.Execute(NoRows);
    }

    [Fact]
    public async Task TakeEpoch_WhileAnotherSiloAddsTheLastQueue_WaitsAndAddsNone()
    {
        var store = new PostgresTaskStore(data.Database) { MaxQueues = 1 };
        Task<QueueOwnership>? second = null;
        await data.Database.Write(async session =>
        {
            // As TakeEpoch of the other silo, which has not committed yet.
            await session.Run("SELECT ot.lock('queues')");
            await session.Run("INSERT INTO ot.queues (no, name, epoch, first_no, retired) VALUES (7, 'first', 1, 0, false)");
            second = store.TakeEpoch("second", null, default);
            while (!second.IsCompleted && !await data.IsLockAwaited())
            {
            }

            return true;
        });

        await Assert.ThrowsAsync<TooManyQueuesException>(() => second!);
        Assert.Equal("first", Assert.Single(await store.ListQueues()).Queue);
    }

    [Fact]
    public async Task Open_ServerBecomesUnsafeOrRestarts_RefusesOrGoesOn()
    {
        using var server = new PostgresServer();
        var options = new PostgresStorageOptions { ConnectionString = server.ConnectionString("postgres") };
        TestQueue queue;
        await using (var database = await PostgresDatabase.Open(options, data.Clock, TestContext.Current.CancellationToken))
        {
            var store = new PostgresTaskStore(database);
            queue = await TestQueue.Take(store, data.Clock);
            await queue.Commit(queue.New());

            server.Kill();
            Assert.NotEqual(CommitOutcome.Committed, (await store.Commit(queue.Plan([queue.New()]))).Outcome);
            await Assert.ThrowsAsync<StoreUnavailableException>(() => store.ListQueues());
            server.Start();

            // The first use of each dead connection is repeated.
            Assert.Equal(1, (await store.TakeEpoch(queue.Name, null, TestContext.Current.CancellationToken)).Sequence);
            await queue.TakeOver();
            await queue.Commit(queue.New());
        }

        server.Execute("postgres", "ALTER SYSTEM SET full_page_writes = off");
        server.Kill();
        server.Start();
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => PostgresDatabase.Open(options, data.Clock, TestContext.Current.CancellationToken));
        Assert.Contains("full_page_writes = on", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_RoleWithoutSynchronousCommit_CommitsSynchronouslyAllTheSame()
    {
        data.Options.ConnectionString += ";Options=-c synchronous_commit=off";
        var setting = await data.Database.Read(static session => session.First(
            new("SELECT current_setting('synchronous_commit')"), static row => row.Text(0)));
        Assert.Equal("on", setting);
    }

    [Fact]
    public async Task Open_AnySettings_FindsDeadClientsSoonAndReadsCommitted()
    {
        data.Options.ConnectionString += ";Options=-c default_transaction_isolation=serializable";
        var settings = await data.Database.Read(static session => session.First(new("""
            SELECT concat_ws(' ', current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'),
                current_setting('tcp_keepalives_count'), current_setting('tcp_user_timeout'),
                current_setting('client_connection_check_interval'), current_setting('default_transaction_isolation'))
            """), static row => row.Text(0)));
        Assert.Equal("2 2 3 10000 2s read committed", settings);
    }

    [Fact]
    public async Task Open_SchemaOfAnotherProgramOrOfAnotherVersion_LeavesItAsItIs()
    {
        PostgresServer.Shared.CreateDatabase("strange");
        PostgresServer.Shared.Execute("strange", "CREATE SCHEMA ot; CREATE TABLE ot.theirs (v integer)");
        Assert.Contains("belongs to another program", (await Refusal("strange")).Message, StringComparison.Ordinal);
        PostgresServer.Shared.Execute("strange", "SELECT v FROM ot.theirs");

        PostgresServer.Shared.CreateDatabase("newer");
        PostgresServer.Shared.Execute("newer", """
            CREATE SCHEMA ot; CREATE TABLE ot.schema_version (version integer); INSERT INTO ot.schema_version VALUES (99)
            """);
        Assert.Contains("schema version 99", (await Refusal("newer")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NoSuchDatabase_SaysWhatToCheck()
    {
        var refusal = await Refusal("nowhere");
        Assert.Contains("SQLSTATE 3D000", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Check the connection string", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_BySecondOwner_IsRefusedUntilTheFirstEnds()
    {
        data.Options.IsOwner = true;
        _ = data.Database;
        var second = new PostgresStorageOptions { ConnectionString = data.Options.ConnectionString, IsOwner = true, OwnerPatience = TimeSpan.Zero };
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
            () => PostgresDatabase.Open(second, data.Clock, TestContext.Current.CancellationToken));
        Assert.Contains("Another silo uses the database", refused.Message, StringComparison.Ordinal);

        data.Close();
        await using var opened = await PostgresDatabase.Open(second, data.Clock, TestContext.Current.CancellationToken);
        Assert.Equal(StoreHealth.Healthy, opened.Health);
    }

    [Fact]
    public async Task Open_ByManyAtOnce_MakesOneSchema()
    {
        PostgresServer.Shared.CreateDatabase("crowd");
        var options = new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString("crowd") };
        var opened = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresDatabase.Open(options, data.Clock)));
        foreach (var database in opened)
        {
            Assert.Empty(await new PostgresTaskStore(database).ListQueues());
            await database.DisposeAsync();
        }
    }

    private Task<UnusableDatabaseException> Refusal(string database) => Assert.ThrowsAsync<UnusableDatabaseException>(() =>
        PostgresDatabase.Open(
            new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString(database) }, data.Clock));
}
