using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Schema;
using OrleansTasks.Storage.Tests.Conformance;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Programs of different versions that share a database: the later one takes steps, the earlier one goes on.</summary>
[Trait("Needs", "postgres")]
public sealed class LaterSchemaTests : IDisposable
{
    private static int made;
    private readonly TempFolder folder = new();
    private readonly TestClock clock = new();
    private readonly string name = $"steps{Interlocked.Increment(ref made)}";
    private readonly PostgresStorageOptions options;

    public LaterSchemaTests()
    {
        PostgresServer.Shared.CreateDatabase(name);
        options = new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString(name) };
    }

    // None of them can be taken twice.
    private static ImmutableArray<string> Later =>
    [
        .. SchemaText.Steps,
        "ALTER TABLE ot.tasks ADD COLUMN later text NOT NULL DEFAULT 'none'",
        "CREATE TABLE ot.later (task bigint NOT NULL)",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Steps_TakenWhileAnEarlierVersionWrites_AreTakenOnceAndDisturbNothing()
    {
        await using var database = await PostgresDatabase.Open(options, clock, Cancellation);
        var store = new PostgresTaskStore(database);
        var queue = await TestQueue.Take(store, clock);
        var before = queue.New();
        await queue.Commit(before);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var writing = Write(queue, ending.Token);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Prepare(Later)));
        await ending.CancelAsync();
        var written = await writing;

        Assert.Equal((1, Later.Length), await Version());
        Assert.Equal("none", await Text($"SELECT later FROM ot.tasks WHERE key = {before.Row.No}"));
        await queue.Commit(queue.New());
        await queue.TakeOver();
        Assert.Equal(written + 2, await store.CountWaiting(queue.No));
        // A silo of the earlier version starts again.
        await Prepare(SchemaText.Steps);
        await using var again = await PostgresDatabase.Open(options, clock, Cancellation);
        Assert.Equal((1, Later.Length), await Version());
    }

    [Fact]
    public async Task Step_ThatFails_ChangesNothing()
    {
        await Prepare(SchemaText.Steps);
        await Assert.ThrowsAnyAsync<Exception>(() => Prepare([.. Later, "SELECT 1 / 0"]));
        Assert.Equal((1, SchemaText.Steps.Length), await Version());
        Assert.Equal("", await Text("SELECT coalesce(to_regclass('ot.later')::text, '')"));
    }

    [Fact]
    public async Task Restore_OfABackupWithLaterSteps_IsRefused()
    {
        await Prepare(Later);
        var copy = folder.File("copy");
        await new PostgresMaintenance(options).Backup(copy, Cancellation);
        PostgresServer.Shared.CreateDatabase(name + "copy");
        var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(() => new PostgresMaintenance(
            new() { ConnectionString = PostgresServer.Shared.ConnectionString(name + "copy") })
                .Restore(copy, isPaused: false, Cancellation));
        Assert.Contains("columns of a later version", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<int> Write(TestQueue queue, CancellationToken ending)
    {
        var count = 0;
        for (; !ending.IsCancellationRequested; count++)
            await queue.Commit(queue.New());
        return count;
    }

    private async Task Prepare(ImmutableArray<string> steps)
    {
        await using var source = Connections.Source(options, pooled: false);
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        await DatabaseSchema.Prepare(connection, steps, Cancellation);
    }

    private async Task<(int Version, int Steps)> Version()
    {
        await using var source = Connections.Source(options, pooled: false);
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        return await new Session(connection, Cancellation).First(
            new Query(DatabaseSchema.Find), static row => (row.Int32(0), row.Int32(1)));
    }

    private async Task<string?> Text(string sql)
    {
        await using var source = Connections.Source(options, pooled: false);
        await using var connection = await source.OpenConnectionAsync(Cancellation);
        return await new Session(connection, Cancellation).First(new Query(sql), static row => row.Text(0));
    }
}

/// <summary>A database in which a later version has added a column to every table, and a table.</summary>
[Trait("Needs", "postgres")]
public sealed class PostgresOfALaterVersion : AgainstMemoryConformance
{
    private const string Add = """
        DO $$
        DECLARE t text;
        BEGIN
            FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'ot'
            LOOP
                EXECUTE format('ALTER TABLE ot.%I ADD COLUMN later text NOT NULL DEFAULT ''x''', t);
            END LOOP;
            CREATE TABLE ot.later (id integer);
            UPDATE ot.schema_version SET steps = 99;
        END $$
        """;

    private static int made;
    private readonly PostgresStorageOptions options;
    private PostgresDatabase? database;

    public PostgresOfALaterVersion()
    {
        var name = $"later{Interlocked.Increment(ref made)}";
        PostgresServer.Shared.CreateDatabase(name);
        options = new PostgresStorageOptions { ConnectionString = PostgresServer.Shared.ConnectionString(name) };
        using (PostgresDatabase.Open(options, Clock).GetAwaiter().GetResult())
            PostgresServer.Shared.Execute(name, Add);
    }

    protected override ITaskStore Store => new PostgresTaskStore(
        database ??= PostgresDatabase.Open(options, Clock).GetAwaiter().GetResult());

    protected override TestClock Clock { get; } = new();

    public override void Dispose() => Close();

    protected override void Close()
    {
        database?.Dispose();
        database = null;
    }
}
