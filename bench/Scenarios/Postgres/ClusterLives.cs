using System.Net;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Bench.Scenarios.Postgres;

/// <summary>The scenario <c>postgres</c> with two silos of a cluster, which share this process, and with one.</summary>
public sealed class ClusterLives : IScenario
{
    private const int Tasks = 100_000;
    private static readonly int[] Queues = [1, 8, 100];

    /// <inheritdoc/>
    public string Name => "cluster";

    /// <inheritdoc/>
    public string Summary => "as postgres, with two silos of a cluster on this machine; reference: one";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        using var server = PostgresServer.OnDisk();
        var (two, one) = (Queues.Select(_ => new double[runs]).ToArray(), Queues.Select(_ => new double[runs]).ToArray());
        for (var run = 0; run < runs; run++)
        {
            for (var kind = 0; kind < Queues.Length; kind++)
            {
                one[kind][run] = await Measure(server, $"one_{run}_{Queues[kind]}", silos: 1, Queues[kind]);
                two[kind][run] = await Measure(server, $"two_{run}_{Queues[kind]}", silos: 2, Queues[kind]);
            }
        }

        return
        [
            .. Queues.Select((queues, kind) => new Figure(
                $"whole task lives, {queues} queue{(queues == 1 ? "" : "s")}, two silos", "tasks/s", two[kind], one[kind], "one silo", queues == 8 ? 1.0 : null, AtLeast: true)),
        ];
    }

    private static async Task<double> Measure(PostgresServer server, string database, int silos, int queues)
    {
        server.CreateDatabase(database);
        var members = new List<InProcessSilo>();
        try
        {
            for (var silo = 0; silo < silos; silo++)
                members.Add(await InProcessSilo.StartOn(server.ConnectionString(database), new IPEndPoint(IPAddress.Loopback, 0)));
            // Each queue finds its home with its first task.
            await DispatcherThroughput.Measure(members, PostgresLives.NamesOf(queues), SyntheticTasks.New, Tasks / 5);
            return await DispatcherThroughput.Measure(members, PostgresLives.NamesOf(queues), SyntheticTasks.New, Tasks);
        }
        finally
        {
            foreach (var member in members)
                await member.DisposeAsync();
        }
    }
}
