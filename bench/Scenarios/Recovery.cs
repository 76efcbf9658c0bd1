using System.Diagnostics;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>How fast a queue with a million waiting tasks works again after a restart.</summary>
public sealed class Recovery : IScenario
{
    private const int Tasks = 1_000_000;
    private const int Batch = 10_000;

    /// <inheritdoc/>
    public string Name => "recovery";

    /// <inheritdoc/>
    public string Summary => $"a new owner of {Tasks} queued tasks: until the first is dispatched, until all are known";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var folder = Directory.CreateTempSubdirectory("orleanstasks-bench-").FullName;
        try
        {
            await Fill(folder);
            var (first, all) = (new double[runs], new double[runs]);
            for (var run = 0; run < runs; run++)
                (first[run], all[run]) = await Measure(folder);
            return
            [
                new Figure("first task dispatched after", "s", first, [], null, 1, AtLeast: false),
                new Figure("all tasks known after", "s", all, [], null, 5, AtLeast: false),
            ];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task Fill(string folder)
    {
        await using var silo = await InProcessSilo.Start(folder);
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        for (var done = 0; done < Tasks; done += Batch)
            await dispatcher.Submit([new SubmitRequest([.. Enumerable.Range(0, Batch).Select(_ => SyntheticTasks.New(ids))], null, null)]);
    }

    /// <summary>The clock runs from the first call of the dispatcher: the process and the database are up already.</summary>
    private static async Task<(double First, double All)> Measure(string folder)
    {
        await using var silo = await InProcessSilo.Start(folder);
        var stored = await silo.Grains.GetGrain<IQueueReaderGrain>("reader").List();
        var expected = stored.Sum(static queue => queue.Scheduled + queue.Queued + queue.Running);
        var started = Stopwatch.GetTimestamp();
        await using var worker = await SimulatedWorker.Start(silo.Grains, "sim-1", 1);
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        var first = 0.0;
        while (true)
        {
            var status = await dispatcher.GetStatus();
            var finished = worker.Finished;
            if (first == 0 && finished > 0)
                first = Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (first > 0 && status.Queued + status.Running + finished >= expected - 1)
                return (first, Stopwatch.GetElapsedTime(started).TotalSeconds);
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
                throw new InvalidOperationException($"Not recovered: {status} of {expected}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }
}
