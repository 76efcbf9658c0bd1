using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Scenarios.Postgres;

/// <summary>The scenario <c>dispatcher</c> through PostgreSQL on the same machine, and what a task costs there.</summary>
public sealed class PostgresLives : IScenario
{
    private const int Tasks = 100_000;
    private static readonly int[] Queues = [1, 8, 100];

    /// <inheritdoc/>
    public string Name => "postgres";

    /// <inheritdoc/>
    public string Summary =>
        "as dispatcher, over 1, 8 and 100 queues, with a PostgreSQL server on this machine's disk as the store; reference: SQLite";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        using var server = PostgresServer.OnDisk();
        var (rates, reference) = (Queues.Select(_ => new double[runs]).ToArray(), new double[runs]);
        var costs = new Costs[runs];
        for (var run = -1; run < runs; run++)
        {
            double sqlite;
            await using (var silo = await InProcessSilo.Start())
                sqlite = await DispatcherThroughput.Measure([silo], NamesOf(1), SyntheticTasks.New, Tasks);
            for (var kind = 0; kind < Queues.Length; kind++)
            {
                var database = string.Create(CultureInfo.InvariantCulture, $"run_{run + 1}_{Queues[kind]}");
                server.CreateDatabase(database);
                await using var silo = await InProcessSilo.StartOn(server.ConnectionString(database));
                var before = await Costs.Of(server, database);
                var rate = await DispatcherThroughput.Measure([silo], NamesOf(Queues[kind]), SyntheticTasks.New, Tasks);
                if (run < 0)
                    continue;
                (rates[kind][run], reference[run]) = (rate, sqlite);
                if (kind == 0)
                    costs[run] = (await Costs.Of(server, database)).Since(before);
            }
        }

        var replicated = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            using var primary = PostgresServer.OnDisk();
            using var standby = primary.StartStandby();
            primary.CreateDatabase("replicated");
            await using var silo = await InProcessSilo.StartOn(primary.ConnectionString("replicated"));
            replicated[run] = await DispatcherThroughput.Measure([silo], NamesOf(1), SyntheticTasks.New, Tasks);
        }

        return
        [
            new Figure("whole task lives, 1 queue", "tasks/s", rates[0], reference, "SQLite", null, AtLeast: true),
            new Figure("whole task lives, 8 queues", "tasks/s", rates[1], [], null, 40_000, AtLeast: true),
            new Figure("whole task lives, 100 queues", "tasks/s", rates[2], rates[1], "8 queues", 0.8, AtLeast: true),
            new Figure(
                "whole task lives, 1 queue, synchronous standby", "tasks/s", replicated, [], null, null, AtLeast: true),
            Cost("transactions, a task", "", static cost => cost.Transactions),
            Cost("rows written, a task", "rows", static cost => cost.Rows),
            Cost("write-ahead log, a task", "bytes", static cost => cost.Log),
            Cost("processor time of the database, a task", "us", static cost => 1e6 * cost.DatabaseSeconds),
            Cost("processor time of the silo and its load, a task", "us", static cost => 1e6 * cost.OwnSeconds),
        ];

        Figure Cost(string name, string unit, Func<Costs, double> of) =>
            new("  " + name, unit, [.. costs.Select(cost => of(cost) / Tasks)], [], null, null, AtLeast: false);
    }

    /// <summary>Names queues.</summary>
    internal static string[] NamesOf(int count) => [.. Enumerable.Range(1, count).Select(static no => $"q{no}")];

    private readonly record struct Costs(double Transactions, double Rows, double Log, double DatabaseSeconds, double OwnSeconds)
    {
        public static async Task<Costs> Of(PostgresServer server, string database)
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
            await connection.OpenAsync();
            // PostgreSQL reports a connection's counts at most once a second.
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
            await using var command = new NpgsqlCommand(
                """
                SELECT (xact_commit + xact_rollback)::float8, (tup_inserted + tup_updated + tup_deleted)::float8,
                    (pg_current_wal_insert_lsn() - '0/0')::float8
                FROM pg_stat_database WHERE datname = current_database()
                """,
                connection);
            await using var row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            return new Costs(
                row.GetDouble(0), row.GetDouble(1), row.GetDouble(2), ProcessCost.CpuSecondsWithChildren(server.ProcessId),
                Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds);
        }

        public Costs Since(Costs before) => new(
            Transactions - before.Transactions, Rows - before.Rows, Log - before.Log, DatabaseSeconds - before.DatabaseSeconds,
            OwnSeconds - before.OwnSeconds);
    }
}
