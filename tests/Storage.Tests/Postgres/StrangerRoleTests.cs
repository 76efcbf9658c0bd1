using Npgsql;
using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>
/// What other roles can do in the service's database: one that may only connect, and one that may also call <c>ot.submit</c>.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class StrangerRoleTests : IDisposable
{
    // The keys of the advisory locks that silos of wire level 1 take: owner, events, queues, resources, schema.
    private static readonly string[] EarlierKeys = ["4f54736c", "4f546c67", "4f547175", "4f547265", "4f54736b"];

    private readonly string role = "stranger" + Guid.NewGuid().ToString("N");
    private readonly PostgresTestDatabase data = new(static options => options.LockTimeout = TimeSpan.FromMilliseconds(200));

    public StrangerRoleTests() => data.Execute($"CREATE ROLE {role} LOGIN");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        data.Execute($"DROP OWNED BY {role}; DROP ROLE {role}");
        data.Dispose();
    }

    [Fact]
    public async Task AdvisoryLocks_AllHeldByARoleThatMayOnlyConnect_HoldUpNothing()
    {
        // Before the schema exists.
        await using var stranger = await Connect(role);
        await HoldAdvisoryLocks(stranger);
        data.Options.IsOwner = true;

        await WriteEverything();

        var second = await Assert.ThrowsAsync<UnusableDatabaseException>(() => Open(isShared: false));
        Assert.Contains("Another silo uses the database", second.Message, StringComparison.Ordinal);
        second = await Assert.ThrowsAsync<UnusableDatabaseException>(() => Open(isShared: true));
        Assert.Contains("has exclusive use", second.Message, StringComparison.Ordinal);
        data.Close();
        await using (await Open(isShared: true))
        await using (await Open(isShared: true))
        {
            second = await Assert.ThrowsAsync<UnusableDatabaseException>(() => Open(isShared: false));
            Assert.Contains("Another silo uses the database", second.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Owner_OfWireLevelOne_ExcludesOthers()
    {
        _ = data.Database;
        await using var earlier = await Connect("otask");
        await Run(earlier, "SELECT pg_advisory_lock_shared(x'4f54736c'::bigint)");

        await Assert.ThrowsAsync<UnusableDatabaseException>(() => Open(isShared: false));
        await using (await Open(isShared: true))
        {
        }

        await Run(earlier, "SELECT pg_advisory_unlock_all(), pg_advisory_lock(x'4f54736c'::bigint)");
        await Assert.ThrowsAsync<UnusableDatabaseException>(() => Open(isShared: true));
    }

    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(1, 6, true)]
    [InlineData(2, 3, true)]
    public async Task Commit_WhileAnotherHoldsTheLockOfWireLevelOne_WaitsOnlyForSuchMembers(int wire, int status, bool commits)
    {
        var queue = await TestQueue.Take(new PostgresTaskStore(data.Database), data.Clock);
        data.Execute($$"""
            INSERT INTO ot.members (cluster, address, port, generation, status, gateway_port, host, name, started, alive, suspects,
                suspect_at, etag, wire) VALUES ('c', '127.0.0.1', 1, 1, {{status}}, 1, 'h', 's', 0, 0, '{}', '{}', 1, {{wire}})
            """);
        await using var earlier = await Connect("otask");
        await HoldAdvisoryLocks(earlier);

        var result = await queue.TryCommit(queue.Plan([queue.New()]));

        Assert.Equal(commits ? CommitOutcome.Committed : CommitOutcome.Failed, result.Outcome);
    }

    [Fact]
    public async Task Tables_LockedByAPreparedStatementOfARoleThatMaySubmit_StillTakeWrites()
    {
        _ = data.Database;
        data.Execute($"GRANT USAGE ON SCHEMA ot TO {role}; GRANT EXECUTE ON FUNCTION ot.submit TO {role}");
        await using var program = await Connect(role);
        // Its analysis locks the tables, and only its execution would ask for rights.
        await Run(program, "BEGIN");
        foreach (var table in (string[])["locks", "node_events", "resource_events", "events", "queues", "tasks", "schema_version"])
            await Run(program, $"PREPARE {table}_p AS DELETE FROM ot.{table}");
        data.Close();

        await WriteEverything();
    }

    [Fact]
    public async Task Functions_OfOthersInPublic_AreNotCalled()
    {
        _ = data.Database;
        data.Execute("""
            CREATE FUNCTION public.stolen(integer[], integer) RETURNS integer[] LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stolen''; END';
            CREATE AGGREGATE public.array_agg(integer) (SFUNC = public.stolen, STYPE = integer[])
            """);
        try
        {
            await WriteEverything();
        }
        finally
        {
            data.Execute("DROP AGGREGATE public.array_agg(integer); DROP FUNCTION public.stolen");
        }
    }

    /// <summary>Writes once by each way that has locked something.</summary>
    private async Task WriteEverything()
    {
        var queue = await TestQueue.Take(new PostgresTaskStore(data.Database), data.Clock);
        await queue.Commit(queue.New());
        await new SqlNodeEventStore(data.Database.Sql).Add([new NodeEvent(0, data.Clock.Now, "n", NodeState.Ready)]);
        Assert.True(await new SqlQueueStore(data.Database.Sql).Put(
            QueueSettings.DefaultOf("configured") with { Version = 1 }, null, data.Clock.Now));
        var events = await new SqlResourceEventStore(data.Database.Sql).Read(0, 10);
        Assert.Equal("configured", Assert.Single(events.Events).Id);
    }

    private Task<PostgresDatabase> Open(bool isShared) => PostgresDatabase.Open(
        new PostgresStorageOptions
        {
            ConnectionString = data.Options.ConnectionString, IsOwner = true, IsShared = isShared, OwnerPatience = TimeSpan.Zero,
        },
        data.Clock, Cancellation);

    private static async Task HoldAdvisoryLocks(NpgsqlConnection connection)
    {
        foreach (var key in EarlierKeys)
            await Run(connection, $"SELECT pg_advisory_lock(x'{key}'::bigint)");
    }

    private async Task<NpgsqlConnection> Connect(string user)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(data.Options.ConnectionString) { Pooling = false, Username = user }.ConnectionString);
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
