using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Schema;
using OrleansTasks.Storage.Tests.Conformance;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Files on which a later version has taken steps.</summary>
public sealed class LaterSchemaTests : IDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(30);
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Steps_OfALaterVersion_AreTakenOnceAndTheEarlierVersionGoesOn()
    {
        var task = await data.Fill();
        // None of them can be taken twice.
        string[] steps =
        [
            .. SchemaText.Steps, "ALTER TABLE tasks ADD COLUMN later TEXT NOT NULL DEFAULT 'none'",
            "CREATE TABLE later (id INTEGER)",
        ];

        DatabaseFile.Prepare(data.File, Busy, [.. steps]);
        DatabaseFile.Prepare(data.File, Busy, [.. steps]);

        using (var connection = Connection.Open(data.File, create: false, Busy))
        {
            Assert.Equal(steps.Length, connection.Scalar("PRAGMA user_version"));
            Assert.Equal(3000, connection.Scalar("SELECT count(*) FROM tasks WHERE later = 'none'"));
        }

        Assert.NotNull(await data.Store.Get(task));
        var queue = await TestQueue.Take(data.Store, data.Clock);
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Step_ThatFails_ChangesNothing()
    {
        await data.Fill();
        Assert.Throws<UnusableDatabaseException>(
            () => DatabaseFile.Prepare(
                data.File, Busy, [.. SchemaText.Steps, "CREATE TABLE later (id INTEGER)", "DROP TABLE none"]));
        using var connection = Connection.Open(data.File, create: false, Busy);
        Assert.Equal(SchemaText.Steps.Length, connection.Scalar("PRAGMA user_version"));
        Assert.Equal(0, connection.Scalar("SELECT count(*) FROM sqlite_master WHERE name = 'later'"));
    }
}

/// <summary>A file in which a later version has added a column to every table, and a table.</summary>
public sealed class SqliteOfALaterVersion : AgainstMemoryConformance
{
    private readonly TestDatabase data = new();

    public SqliteOfALaterVersion()
    {
        _ = data.Database;
        data.Close();
        using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
        for (var table = 0; connection.ScalarText(
            $"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name LIMIT 1 OFFSET {table}")
            is { } name; table++)
            connection.Execute($"ALTER TABLE {name} ADD COLUMN later TEXT NOT NULL DEFAULT 'x'");
        connection.Execute("CREATE TABLE later (id INTEGER); PRAGMA user_version = 99");
    }

    protected override ITaskStore Store => data.Store;

    protected override TestClock Clock => data.Clock;

    public override void Dispose() => data.Dispose();

    protected override void Close() => data.Close();
}
