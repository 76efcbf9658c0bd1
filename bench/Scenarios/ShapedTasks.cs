using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Dispatch;
using OrleansTasks.Nodes;
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
    private const int Rounds = 2_000;
    private const int TasksInARound = 64;

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
        var (round, longest, rate, plainRate) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            (round[run], longest[run]) = MeasureRounds();
            plainRate[run] = await MeasureLives(isShaped: false);
            rate[run] = await MeasureLives(isShaped: true);
        }

        return
        [
            new Figure("a round of the dispatcher that ends and starts 64 tasks: p50", "ms", round, [], null, null, AtLeast: false),
            new Figure("the same, p99", "ms", longest, [], null, 10, AtLeast: false),
            new Figure("whole task lives, each with a lease of its own", "tasks/s", rate, plainRate, "tasks without resources, sent ahead", null, AtLeast: true),
        ];
    }

    /// <summary>Gives how long the rounds of a dispatcher's core take without their commits (ms): p50 and p99.</summary>
    private static (double Median, double Longest) MeasureRounds()
    {
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        var core = new DispatchCore("bench", 1, 0, new DispatchOptions(), new SecureRandomness());
        for (var done = 0; done < Tasks; done += Batch)
        {
            core.Accept(
                new SubmitRequest([.. Enumerable.Range(done, Batch).Select(number => Shaped(ids, number))], null, null), null, done,
                new CommitDraft());
        }

        core.Relations.FleetChanged(new FleetSnapshot(1, [.. Enumerable.Range(0, Nodes).Select(static number =>
            new FleetNode(NameOf(number), 1, Slots, [], Limits.None, true, false, true, Offers))], true), Tasks);
        var version = 0;
        for (var lease = 0; lease < Nodes * Slots; lease++)
            core.Relations.Offer(new SlotOffer("bench", 1, NameOf(lease % Nodes), 1, ++version, 1) { Shape = ShapeOf((lease % Nodes) + (7 * (lease / Nodes))) });
        var running = new Queue<(string Node, LeaseRef Lease)>();
        var took = new List<double>();
        var now = (long)Tasks;
        for (var round = 0; round < Rounds; round++, now += 5)
        {
            var draft = new CommitDraft();
            var started = Stopwatch.GetTimestamp();
            core.Look(now);
            for (var i = 0; i < TasksInARound && running.TryDequeue(out var ended); i++)
            {
                core.Reports.Take(
                    new NodeReport(ended.Node, 1, [], [new AttemptResult(ended.Lease, EndReason.Exit, 0, null, 0, 0, 0, null)], []), now, draft);
            }

            core.Tick(now, draft);
            core.Match(now, draft);
            core.TakeDemands(now);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            foreach (var command in draft.Commands)
            {
                foreach (var start in command.Start)
                    running.Enqueue((command.Node, start.Lease));
            }
        }

        if (running.Count < Nodes * Slots / 2)
            throw new InvalidOperationException($"Only {running.Count} tasks run.");
        double[] measured = [.. took.Skip(Rounds / 10)];
        return (Statistics.Median(measured), Statistics.Quantile(measured, 0.99));
    }

    private static async Task<double> MeasureLives(bool isShaped)
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
                workers[i] = await SimulatedWorker.Start(silo.Grains, NameOf(i), Slots, isShaped ? Offers : null);
            await Reach(workers, Before);
            var (started, first) = (Stopwatch.GetTimestamp(), Finished(workers));
            await Reach(workers, first + Measured);
            return (Finished(workers) - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
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

    private static TaskSubmission Shaped(TaskIdSource ids, int number) =>
        SyntheticTasks.New(ids) with { Resources = ShapeOf(number) };

    // Some need a GPU, some a license, all a processor, memory and disk.
    private static ResourceVector ShapeOf(int number)
    {
        var shape = number % Shapes;
        return ResourceVector.Of(
        [
            new("cpu", 500 * (1 + (shape % 8))), new("memory", (1L + (shape % 10)) << 30), new("gpu", shape % 5 == 0 ? 1 : 0),
            new("license", shape % 7 == 0 ? 1 : 0), new("disk", 1 + shape),
        ]);
    }

    private static string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"sim-{node}");
}
