using System.Diagnostics;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>The dispatcher alone: grain calls in, every transition on disk, simulated workers.</summary>
public sealed class DispatcherThroughput : IScenario
{
    private const int Tasks = 200_000;
    private const int Callers = 256;

    /// <inheritdoc/>
    public string Name => "dispatcher";

    /// <inheritdoc/>
    public string Summary =>
        $"{Callers} callers, one task a call, accepted, assigned and finished, all durable; reference: fsyncs of 64 x 256 B records";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (rate, sync) = (new double[runs], new double[runs]);
        for (var run = -1; run < runs; run++)
        {
            await using var silo = await InProcessSilo.Start();
            var raw = RawFsync.GroupsPerSecond(silo.Folder);
            var measured = await Measure(silo, "default", SyntheticTasks.New);
            if (run >= 0)
                (rate[run], sync[run]) = (measured, raw);
        }

        return
        [
            new Figure("whole task lives", "tasks/s", rate, [], null, 60_000, AtLeast: true),
            new Figure("raw fsync of 16 KiB groups", "groups/s", sync, [], null, null, AtLeast: true),
        ];
    }

    /// <summary>Gives the whole lives of tasks a second.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="make">Makes a task.</param>
    internal static Task<double> Measure(InProcessSilo silo, string queue, Func<TaskIdSource, TaskSubmission> make) =>
        Measure([silo], [queue], make, Tasks);

    /// <summary>Gives the whole lives of tasks a second, over several queues in turn.</summary>
    /// <param name="silos">The silos; each has a worker at least, and two workers are there at least.</param>
    /// <param name="queues">The queues.</param>
    /// <param name="make">Makes a task.</param>
    /// <param name="tasks">How many tasks.</param>
    internal static async Task<double> Measure(
        IReadOnlyList<InProcessSilo> silos, IReadOnlyList<string> queues, Func<TaskIdSource, TaskSubmission> make, int tasks)
    {
        await using var first = await SimulatedWorker.Start(silos[0].Grains, "sim-1", 512);
        await using var second = await SimulatedWorker.Start(silos[^1].Grains, "sim-2", 512);
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        var submitted = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var grains = silos[caller % silos.Count].Grains;
            while (Interlocked.Increment(ref submitted) is var number && number <= tasks)
            {
                var dispatcher = grains.GetGrain<ITaskDispatcherGrain>(queues[number % queues.Count]);
                var replies = await dispatcher.Submit([new SubmitRequest([make(ids)], null, null)]);
                if (replies[0].Outcome != SubmitOutcome.Accepted)
                    throw new InvalidOperationException($"The dispatcher answered {replies[0].Outcome}.");
            }
        })));
        while (first.Finished + second.Finished < tasks)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(2))
                throw new InvalidOperationException($"Only {first.Finished + second.Finished} of {tasks} tasks have finished.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        return tasks / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
