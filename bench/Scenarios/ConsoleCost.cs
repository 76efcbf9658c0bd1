using System.Diagnostics;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// What an open console costs beside 10,000 tasks a second, submitted at that pace, assigned and finished by simulated workers: spans with
/// and without it alternate in one process.
/// </summary>
public sealed class ConsoleCost : IScenario
{
    private const int PerSecond = 10_000;
    private const int PairsOfRun = 4;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    private readonly List<double> waits = [];
    private long accepted;

    /// <inheritdoc/>
    public string Name => "console";

    /// <inheritdoc/>
    public string Summary =>
        $"{PerSecond} tasks a second with the requests of an open Overview; reference: without them, in {PairsOfRun} spans of {Span.TotalSeconds} s each a run";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var cost = (With: new double[runs], Without: new double[runs]);
        var wait = (With: new double[runs], Without: new double[runs]);
        var rate = new double[runs];
        await using var service = await InProcessService.Start();
        await using var first = await SimulatedWorker.Start(service.Grains, "sim-1", 512);
        await using var second = await SimulatedWorker.Start(service.Grains, "sim-2", 512);
        using var stop = new CancellationTokenSource();
        var load = Load(service.Grains.GetGrain<ITaskDispatcherGrain>("default"), stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
        for (var run = 0; run < runs; run++)
        {
            var (with, without) = (new List<Measured>(), new List<Measured>());
            for (var pair = 0; pair < PairsOfRun; pair++)
            {
                without.Add(await Measure());
                await using var console = new OpenConsole(service.Address);
                with.Add(await Measure());
                if (console.Followed == 0 || console.Answers == 0)
                    throw new InvalidOperationException("The console has had no answers.");
            }

            (cost.With[run], cost.Without[run]) = (MedianOf(with, static one => one.Cost), MedianOf(without, static one => one.Cost));
            (wait.With[run], wait.Without[run]) = (MedianOf(with, static one => one.Wait), MedianOf(without, static one => one.Wait));
            rate[run] = MedianOf(with, static one => one.Rate);
        }

        await stop.CancelAsync();
        await load;
        return
        [
            new Figure("processor time of a task, console open", "µs", cost.With, cost.Without, "without", 1.03, AtLeast: false),
            new Figure("a submission's wait, p50, console open", "ms", wait.With, wait.Without, "without", null, AtLeast: false),
            new Figure("accepted with the console open", "tasks/s", rate, [], null, 0.97 * PerSecond, AtLeast: true),
        ];
    }

    private async Task<Measured> Measure()
    {
        await Task.Delay(Settle, TimeProvider.System);
        lock (waits)
            waits.Clear();
        var (before, began, cpu) = (Interlocked.Read(ref accepted), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await Task.Delay(Span, TimeProvider.System);
        var count = Interlocked.Read(ref accepted) - before;
        var used = Environment.CpuUsage.TotalTime - cpu;
        lock (waits)
            return new Measured(used.TotalMicroseconds / count, Statistics.Median([.. waits]), count / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Submits a hundred tasks every hundredth of a second, as a gateway's pump does; late steps are made up for.</summary>
    private async Task Load(ITaskDispatcherGrain dispatcher, CancellationToken stop)
    {
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        var began = Stopwatch.GetTimestamp();
        var open = new List<Task>();
        for (var step = 1; !stop.IsCancellationRequested; step++)
        {
            SubmitRequest[] requests = [.. Enumerable.Range(0, PerSecond / 100).Select(_ => new SubmitRequest([SyntheticTasks.New(ids)], null, null))];
            open.RemoveAll(static one => one.IsCompletedSuccessfully);
            open.Add(Submit(dispatcher, requests));
            if (step * Step - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } early)
                await Task.Delay(early, TimeProvider.System, CancellationToken.None);
        }

        await Task.WhenAll(open);
    }

    private async Task Submit(ITaskDispatcherGrain dispatcher, SubmitRequest[] requests)
    {
        var began = Stopwatch.GetTimestamp();
        var replies = await dispatcher.Submit([.. requests]);
        if (replies.Any(static reply => reply.Outcome != SubmitOutcome.Accepted))
            throw new InvalidOperationException("The dispatcher refused a task.");
        Interlocked.Add(ref accepted, requests.Length);
        lock (waits)
            waits.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private static double MedianOf(List<Measured> measured, Func<Measured, double> of) => Statistics.Median([.. measured.Select(of)]);

    /// <summary>What a span cost.</summary>
    /// <param name="Cost">Processor time of this process for each accepted task, in microseconds.</param>
    /// <param name="Wait">How long a submission took, the median, in milliseconds.</param>
    /// <param name="Rate">Tasks accepted a second.</param>
    private readonly record struct Measured(double Cost, double Wait, double Rate);
}
