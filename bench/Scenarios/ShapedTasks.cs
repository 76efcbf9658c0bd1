using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// A queue with a million tasks that ask for fifty different amounts of five resources, and 200 nodes that offer them;
/// every attempt ends at once. Compared with the same tasks and nodes without resources.
/// </summary>
public sealed class ShapedTasks : IScenario
{
    private const int Shapes = 50;
    private const int Nodes = 200;
    private const int Slots = 8;
    private const int Batch = 10_000;

    // How many tasks end before the measurement, and in it.
    private const int Before = 20_000;
    private const int Measured = 100_000;

    private static readonly ResourceVector Offers = ResourceVector.Of(
        [new("cpu", 8_000), new("memory", 64L << 30), new("gpu", 2), new("license", 4), new("disk", 100)]);

    /// <inheritdoc/>
    public string Name => "resources";

    /// <inheritdoc/>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Tasks} queued tasks of {Shapes} shapes, {Nodes} nodes with 5 resources; reference: no resources");

    private static int Tasks => Parameter.Of("OTASK_BENCH_SHAPED", 1_000_000);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (rate, busy) = (new double[runs], new double[runs]);
        var (plainRate, plainBusy) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            (plainRate[run], plainBusy[run]) = await Measure(isShaped: false);
            (rate[run], busy[run]) = await Measure(isShaped: true);
        }

        return
        [
            new Figure("whole task lives", "tasks/s", rate, plainRate, "no resources", null, AtLeast: true),
            new Figure("a call waits for the round that runs: p99", "ms", busy, [], null, 10, AtLeast: false),
            new Figure("the same without resources", "ms", plainBusy, [], null, null, AtLeast: false),
        ];
    }

    /// <summary>Gives the task lives a second, and how long a call of the dispatcher that does nothing takes (ms, p99).</summary>
    private static async Task<(double Rate, double Busy)> Measure(bool isShaped)
    {
        await using var silo = await InProcessSilo.Start();
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        for (var done = 0; done < Tasks; done += Batch)
        {
            var tasks = Enumerable.Range(done, Batch).Select(number => isShaped ? Shaped(ids, number) : SyntheticTasks.New(ids));
            await dispatcher.Submit([new SubmitRequest([.. tasks], null, null)]);
        }

        var workers = new SimulatedWorker[Nodes];
        try
        {
            for (var i = 0; i < Nodes; i++)
                workers[i] = await SimulatedWorker.Start(
                    silo.Grains, string.Create(CultureInfo.InvariantCulture, $"sim-{i}"), Slots, isShaped ? Offers : null);
            await Reach(workers, Before);
            using var stop = new CancellationTokenSource();
            var looks = Task.Run(() => Look(dispatcher, stop.Token));
            var started = Stopwatch.GetTimestamp();
            var first = Finished(workers);
            await Reach(workers, first + Measured);
            var rate = (Finished(workers) - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
            await stop.CancelAsync();
            return (rate, Statistics.Quantile(await looks, 0.99));
        }
        finally
        {
            foreach (var worker in workers)
            {
                if (worker is not null)
                    await worker.DisposeAsync();
            }
        }
    }

    // The call does not wait for a commit, only for the grain's turn.
    private static async Task<double[]> Look(ITaskDispatcherGrain dispatcher, CancellationToken stop)
    {
        var took = new List<double>();
        while (!stop.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            await dispatcher.Unfollow("nobody", 1);
            took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None);
        }

        return [.. took];
    }

    private static async Task Reach(SimulatedWorker[] workers, long finished)
    {
        var started = Stopwatch.GetTimestamp();
        while (Finished(workers) < finished)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(3))
                throw new InvalidOperationException($"Only {Finished(workers)} of {finished} tasks have finished.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private static long Finished(SimulatedWorker[] workers) => workers.Sum(static worker => worker?.Finished ?? 0);

    // Fifty shapes: some need a GPU, some a license, all a processor and memory.
    private static TaskSubmission Shaped(TaskIdSource ids, int number)
    {
        var shape = number % Shapes;
        return SyntheticTasks.New(ids) with
        {
            Resources = ResourceVector.Of(
            [
                new("cpu", 500 * (1 + (shape % 8))), new("memory", (1L + (shape % 10)) << 30), new("gpu", shape % 5 == 0 ? 1 : 0),
                new("license", shape % 7 == 0 ? 1 : 0), new("disk", 1 + shape),
            ]),
        };
    }
}
