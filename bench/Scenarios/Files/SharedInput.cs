using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Files;

/// <summary>
/// One large input for many tasks on two remote workers: how often the service reads it from its store.
/// </summary>
public sealed class SharedInput : IScenario
{
    private const int Tasks = 50;
    private const int Slots = 4;
    private static readonly int Mebibytes = Parameter.Of("OTASK_BENCH_FILE_MIB", 1_024);

    /// <inheritdoc/>
    public string Name => "files-shared";

    /// <inheritdoc/>
    public string Summary => $"an input of {Mebibytes} MiB for {Tasks} tasks on two remote workers";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-shared-").FullName;
        try
        {
            await using var service = await ServiceProcess.Start(slots: 0);
            await using var first = await RemoteWorkerProcess.Start(service.Workers, "w1", Slots);
            await using var second = await RemoteWorkerProcess.Start(service.Workers, "w2", Slots);
            var (copies, seconds) = (new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
            {
                var name = await TaskFiles.Store(service.Http, folder, Mebibytes);
                var (before, began) = (ProcessCost.ReadBytes(service.ServiceId), TimeProvider.System.GetTimestamp());
                await Task.WhenAll(Enumerable.Range(0, Tasks).Select(
                    _ => TaskFiles.Ended(service.Http, TaskFiles.WithInput(name))));
                seconds[run] = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
                copies[run] =
                    (ProcessCost.ReadBytes(service.ServiceId) - before) / (double)(Mebibytes * TaskFiles.Mebi);
            }

            return
            [
                // What else the service reads of its data folder is a hundredth of such a file.
                new Figure($"one input for {Tasks} tasks on two workers, read from the store", "times", copies, [],
                    null, 2.02, AtLeast: false),
                new Figure("  all of these tasks", "s", seconds, [], null, null, AtLeast: false),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
