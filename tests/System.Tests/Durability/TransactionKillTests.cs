using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tasks;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills programs at the COMMIT of transactions that submit tasks, and meanwhile the service.
/// <c>OTASK_TRANSACTION_KILLS</c> sets how many programs are killed.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class TransactionKillTests : DataFolders
{
    private const int AtATime = 3;
    private const int OrdersOfAProgram = 1_000;

    // In microseconds; a transaction takes less.
    private const int LongestDelay = 3_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly int Kills = int.TryParse(
        Environment.GetEnvironmentVariable("OTASK_TRANSACTION_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : 12;

    private static readonly int Restarts = Math.Max(1, Kills / 125);

    [Fact]
    public async Task Kill_AtCommit_LeavesEachOrderWithOneTaskAndNoTaskWithoutAnOrder()
    {
        using var server = new PostgresServer();
        var database = server.ConnectionString("postgres");
        var began = TimeProvider.System.GetTimestamp();
        // Before the programs, which would do it at the same time.
        server.Execute("postgres", "CREATE TABLE orders (id bigint PRIMARY KEY, task uuid NOT NULL)");
        List<long> last = [];
        var service = await Start(database);
        try
        {
            var next = 0;
            var killing = Task.WhenAll(Enumerable.Range(0, AtATime).Select(async lane =>
            {
                var random = new Random(lane);
                for (var program = Interlocked.Increment(ref next); program <= Kills; program = Interlocked.Increment(ref next))
                {
                    var order = await KillOne(database, program, random);
                    lock (last)
                        last.Add(order);
                }
            }));
            for (var restart = 1; restart <= Restarts; restart++)
            {
                var enough = Kills * restart / (Restarts + 1);
                await Until.Holds("enough programs were killed", TimeSpan.FromMinutes(30),
                    () => Task.FromResult(Volatile.Read(ref next) >= enough || killing.IsCompleted));
                await service.KillAll();
                await service.DisposeAsync();
                service = await Start(database);
            }

            await killing;
            await using var connection = new NpgsqlConnection(database + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await Until.Holds("the server has noticed that the programs are gone", Limit, async () => await Count(connection,
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'otask' AND pid <> pg_backend_pid()") == 0);
            await Until.Holds("all submissions are taken", Limit, async () =>
                await Count(connection, "SELECT count(*) FROM ot.submissions WHERE error IS NULL") == 0);
            await Check(connection, database, last, began);
        }
        finally
        {
            await service.DisposeAsync();
        }
    }

    private Task<Service> Start(string database) => Service.Start(Data, "--slots", "0", "--db", database);

    /// <summary>
    /// Starts a program, and kills it shortly after it has said that it commits an order. Returns that order.
    /// </summary>
    private static async Task<long> KillOne(string database, int number, Random random)
    {
        var first = (long)number * OrdersOfAProgram;
        string[] arguments = [database, number % 8 == 0 ? "ef" : "npgsql", $"{first}", $"{first + OrdersOfAProgram - 1}"];
        using var program = Process.Start(new ProcessStartInfo(BuiltPrograms.SampleTransactions, arguments) { RedirectStandardOutput = true })!;
        var lines = random.Next(1, 6);
        string? said = null;
        while (lines-- > 0)
            said = await program.StandardOutput.ReadLineAsync();
        var delay = TimeSpan.FromMicroseconds(random.Next(LongestDelay));
        for (var at = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(at) < delay;)
            Thread.SpinWait(20);
        Assert.True(said is not null && Signals.Send(program.Id, Signals.Kill), $"Program {number} ended by itself.");
        // The order that it was committing when it was killed.
        while (await program.StandardOutput.ReadLineAsync() is { } line)
            said = line;
        await program.WaitForExitAsync();
        return long.Parse(said.Split(' ', ':')[1], CultureInfo.InvariantCulture);
    }

    private static async Task Check(NpgsqlConnection connection, string database, List<long> last, long began)
    {
        var orders = await Count(connection, "SELECT count(*) FROM orders");
        var tasks = await Count(connection, "SELECT count(*) FROM ot.tasks");
        var refused = await Count(connection, "SELECT count(*) FROM ot.submissions");
        var lost = await Count(connection, "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT 1 FROM ot.tasks t WHERE t.id = o.task)");
        var ghosts = await Count(connection, "SELECT count(*) FROM ot.tasks t WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.task = t.id)");
        var twice = await Count(connection,
            "SELECT count(*) FROM (SELECT value FROM ot.labels WHERE name = 'order' GROUP BY value HAVING count(*) > 1) more");
        var committed = await Count(connection, $"SELECT count(*) FROM orders WHERE id IN ({string.Join(',', last)})");
        var queuedTwice = await CountQueuedTwice(database);
        var found = (lost, ghosts, twice, queuedTwice, refused);
        await CampaignEvidence.Write("OTASK_TRANSACTIONS_EVIDENCE", "kill -9 of programs at the COMMIT of transactions that submit tasks", new JsonObject
        {
            ["kills"] = last.Count,
            ["lastOrderCommitted"] = committed,
            ["lastOrderRolledBack"] = last.Count - committed,
            ["killsOfTheService"] = Restarts,
            ["orders"] = orders,
            ["tasks"] = tasks,
            ["lost"] = lost,
            ["ghosts"] = ghosts,
            ["twice"] = twice + queuedTwice,
            ["refused"] = refused,
            ["medianMillisecondsToBeAccepted"] = await Count(connection, """
                SELECT percentile_disc(0.5) WITHIN GROUP (
                    ORDER BY queued_at - ('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint) FROM ot.tasks
                """),
            ["seconds"] = (long)TimeProvider.System.GetElapsedTime(began).TotalSeconds,
        });
        Assert.Equal((0L, 0L, 0L, 0L, 0L), found);
        Assert.Equal(orders, tasks);
        Assert.InRange(orders, last.Count, long.MaxValue);
    }

    // Without workers, a task has one event: that it was queued.
    private static async Task<long> CountQueuedTwice(string database)
    {
        await using var opened = await PostgresDatabase.Open(new PostgresStorageOptions { ConnectionString = database }, TimeProvider.System);
        var store = new PostgresTaskStore(opened);
        Dictionary<TaskId, int> events = [];
        for (var after = 0L; await store.ReadEvents(QueueSettings.DefaultQueue, after, 1_000) is { IsEmpty: false } page; after = page[^1].Sequence)
        {
            foreach (var entry in page.SelectMany(static record => record.Entries))
                events[entry.Task] = events.GetValueOrDefault(entry.Task) + 1;
        }

        return events.Count(static task => task.Value > 1);
    }

    private static async Task<long> Count(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
