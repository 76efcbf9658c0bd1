using OrleansTasks.Storage.Sqlite;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>
/// Kills the service, the worker, its agent and its supervisor, in turn, while files are on their way. Every task that
/// succeeded has all of its artifacts, with the right bytes, and after a later sweep the store has exactly what tasks
/// name. By default four kills; <c>OTASK_FILE_KILLS</c> sets another number (<c>make campaign-files</c>).
/// </summary>
public sealed class SqliteFileKillTests : DataFolders
{
    private static readonly string[] Victims = ["service", "worker", "agent", "supervisor"];
    private readonly string http = RestartAddress.Next();
    private readonly string grpc = RestartAddress.Next();

    [Fact]
    public async Task Kills_WhileFilesMove_LoseNoneOfATaskThatSucceeded_AndTheSweepLeavesWhatIsNamed()
    {
        var service = await Start();
        WorkerKills? worker = null;
        try
        {
            worker = await WorkerKills.Start([grpc], In("w1"));
            var load = new FileKillLoad(() => service.Http, In("w1"));
            for (var round = 0; round < FileKillLoad.KillsOr(4); round++)
            {
                var victim = Victims[round % Victims.Length];
                var moment = (FileMoment)((round + (round / Victims.Length)) % 3);
                await load.Round(
                    round, victim, moment, () => victim == "service" ? KillService() : worker.Kill(victim));
            }

            await load.CheckEnded();
            await worker.DisposeAsync();
            service.Terminate();
            Assert.Equal(0, await service.End());
            await load.CheckStored(
                services => services.AddSqliteStorage(new SqliteStorageOptions { Directory = Data }));
            await load.Keep("OTASK_FILES_EVIDENCE", "kills while files move, SQLite");
        }
        finally
        {
            if (worker is not null)
                await worker.DisposeAsync();
            await service.DisposeAsync();
        }

        async Task KillService()
        {
            await service.KillAll();
            var killed = service;
            service = await Start();
            await killed.DisposeAsync();
        }
    }

    private Task<Service> Start() =>
        Service.Start(Data, "--slots", "0", "--lease", "8s", "--http", http, "--grpc", grpc);
}
