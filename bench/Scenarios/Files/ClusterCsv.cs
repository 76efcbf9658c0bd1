using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Bench.Scenarios.Jobs;

namespace OrleansTasks.Bench.Scenarios.Files;

/// <summary>
/// A data job over a large stored CSV file on two silos and four workers, against one service and four workers that
/// read the file by its path.
/// </summary>
public sealed class ClusterCsv : IScenario
{
    private const int Workers = 4;
    private static readonly int Rows = Parameter.Of("OTASK_BENCH_CSV_ROWS", 140_000_000);

    /// <inheritdoc/>
    public string Name => "files-cluster";

    /// <inheritdoc/>
    public string Summary => $"a stored CSV file of {Rows} rows grouped and summed on two silos and four workers; "
        + "reference: one service and four workers with the file's path";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-csv-").FullName;
        try
        {
            var path = Path.Combine(folder, "sales.csv");
            SampleFiles.WriteCsv(path, Rows);
            await using var service = await ServiceProcess.Start(slots: 0, null, "--file-root", folder);
            await using var cluster = await ClusterProcesses.Start();
            return await WithWorkers(runs, path, service, cluster);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Figure[]> WithWorkers(
        int runs, string path, ServiceProcess service, ClusterProcesses cluster)
    {
        List<RemoteWorkerProcess> workers = [];
        try
        {
            for (var number = 0; number < Workers; number++)
            {
                workers.Add(await RemoteWorkerProcess.Start(service.Workers, $"s{number}", slots: 1));
                workers.Add(await RemoteWorkerProcess.Start(
                    cluster.Workers[number % cluster.Workers.Count], $"c{number}", slots: 1));
            }

            return await Measure(runs, path, service.Http, cluster, workers);
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }
    }

    private static async Task<Figure[]> Measure(
        int runs, string path, HttpClient service, ClusterProcesses cluster, List<RemoteWorkerProcess> workers)
    {
        var (ours, plain) = (new double[runs], new double[runs]);
        var (ofWorkers, ofSilos, ofDatabase) = (new double[runs], new double[runs], new double[runs]);
        var plainWorkers = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            // Another row makes another file, which no worker has yet.
            await File.AppendAllTextAsync(path, $"{Rows + run},city-1,1,as usual\n");
            var expected = FileJobs.SumGroups(path);
            var name = await TaskFiles.Store(cluster.Gateway.Http, path);
            var mebibytes = new FileInfo(path).Length / (double)TaskFiles.Mebi;
            var used = WorkerSeconds();
            plain[run] = Rows / await JobFleet.Timed(service, Job("path", path), expected);
            plainWorkers[run] = 1_000 * (WorkerSeconds() - used) / mebibytes;
            var before = (Workers: WorkerSeconds(), Silos: cluster.SiloSeconds, Database: cluster.DatabaseSeconds);
            ours[run] = Rows / await JobFleet.Timed(cluster.Gateway.Http, Job("file", name), expected);
            ofWorkers[run] = 1_000 * (WorkerSeconds() - before.Workers) / mebibytes;
            ofSilos[run] = 1_000 * (cluster.SiloSeconds - before.Silos) / mebibytes;
            ofDatabase[run] = 1_000 * (cluster.DatabaseSeconds - before.Database) / mebibytes;
        }

        return
        [
            new Figure("rows of a stored CSV file, two silos, four workers", "rows/s", ours, plain,
                "one service, a path", 0.85, AtLeast: true),
            new Figure("  processor time of the workers, a MiB", "ms", ofWorkers, plainWorkers,
                "one service, a path", null, AtLeast: false),
            new Figure("  processor time of the silos, a MiB", "ms", ofSilos, [], null, null, AtLeast: false),
            new Figure("  processor time of the database, a MiB", "ms", ofDatabase, [], null, null, AtLeast: false),
        ];

        double WorkerSeconds() => workers.Sum(static worker => ProcessCost.CpuSeconds(worker.AgentId));
    }

    private static string Job(string kind, string source) => new JsonObject
    {
        ["source"] = new JsonObject { ["file"] = new JsonObject { [kind] = source, ["format"] = "csv" } },
        ["process"] = new JsonObject { ["builtin"] = "identity" },
        ["aggregate"] = JsonNode.Parse("""[{"as": "total", "op": "groupSum", "by": "/city", "value": "/amount"}]"""),
    }.ToJsonString();
}
