using System.Diagnostics;
using Npgsql;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Scenarios.Postgres;

/// <summary>
/// Full load while another session holds a snapshot, so that PostgreSQL can remove no row that is dead since: the fate of
/// queues in tables whose rows are updated in place.
/// </summary>
public sealed class HeldSnapshot : IScenario
{
    private const int Tasks = 100_000;
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(Parameter.Of("OTASK_BENCH_HELD", 120));

    /// <inheritdoc/>
    public string Name => "postgres-snapshot";

    /// <inheritdoc/>
    public string Summary =>
        "as postgres on one queue, without pause while a session holds a snapshot (OTASK_BENCH_HELD=seconds); reference: the first fifth";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (last, first) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            using var server = PostgresServer.OnDisk();
            server.CreateDatabase("held");
            await using var silo = await InProcessSilo.StartOn(server.ConnectionString("held"));
            await DispatcherThroughput.Measure([silo], PostgresLives.NamesOf(1), SyntheticTasks.New, Tasks);
            await using var session = new NpgsqlConnection(server.ConnectionString("held") + ";Pooling=false");
            await session.OpenAsync();
            await using var snapshot = await session.BeginTransactionAsync(global::System.Data.IsolationLevel.RepeatableRead);
            await using (var look = new NpgsqlCommand("SELECT count(*) FROM pg_class", session, snapshot))
                await look.ExecuteScalarAsync();

            var rates = new List<(TimeSpan At, double Rate)>();
            var began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began) is var at && at < Held)
                rates.Add((at, await DispatcherThroughput.Measure([silo], PostgresLives.NamesOf(1), SyntheticTasks.New, Tasks)));
            first[run] = rates.Where(rate => rate.At < Held / 5).Average(static rate => rate.Rate);
            last[run] = rates.Where(rate => rate.At >= Held * 4 / 5).Append(rates[^1]).Average(static rate => rate.Rate);
        }

        return [new Figure("whole task lives, the last fifth", "tasks/s", last, first, "the first fifth", 0.8, AtLeast: true)];
    }
}
