using OrleansTasks.Storage.Postgres;
using OrleansTasks.System.Tests.Durability;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// The same as <see cref="SqliteFileKillTests"/> in a cluster of two silos, whose files are in PostgreSQL, which is
/// killed as well. By default two kills.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansFileKillTests : DataFolders
{
    private static readonly string[] Victims = ["database", "silo0", "worker", "silo1", "supervisor", "agent"];

    [Fact]
    public async Task Kills_OfDatabaseSilosAndWorker_WhileFilesMove_LeaveWhatIsNamed()
    {
        using var server = new PostgresServer();
        await using var cluster = new ClusterRig(server, In) { EnvironmentOf = static _ => [("OTASK_LEASE", "22s")] };
        await Task.WhenAll(cluster.StartSilo(0), cluster.StartSilo(1));
        await using var gateway = await cluster.StartGateway();
        await using var worker = await WorkerKills.Start([.. cluster.Workers], In("w1"));
        var load = new FileKillLoad(() => gateway.Http, In("w1"));
        for (var round = 0; round < FileKillLoad.KillsOr(2); round++)
        {
            var victim = Victims[round % Victims.Length];
            var moment = (FileMoment)((round + (round / Victims.Length)) % 3);
            await load.Round(round, victim, moment, () => Kill(victim));
        }

        await load.CheckEnded();
        await worker.DisposeAsync();
        await Task.WhenAll(ClusterRig.End(cluster.Silos[0]), ClusterRig.End(cluster.Silos[1]));
        await load.CheckStored(services => services.AddPostgresStorage(
            new PostgresStorageOptions { ConnectionString = cluster.Database }));
        await load.Keep("OTASK_FILES_CLUSTER_EVIDENCE", "kills while files move, two silos and PostgreSQL");

        async Task Kill(string victim)
        {
            switch (victim)
            {
                case "database":
                    server.Kill();
                    server.Start();
                    break;
                case "silo0" or "silo1":
                    var number = victim[^1] - '0';
                    await cluster.Silos[number].KillAll();
                    await cluster.StartSilo(number);
                    break;
                default:
                    await worker.Kill(victim);
                    break;
            }
        }
    }
}
