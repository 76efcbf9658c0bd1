using System.Collections.Concurrent;
using System.Diagnostics;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// A node that refuses every command, beside a good node with as many slots. The good node is never full, but it always has more
/// load than the refuser. A dispatcher that prefers the lowest load therefore prefers the refuser.
/// </summary>
public sealed class Refuser : IScenario
{
    private const int Slots = 4;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RunTime = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public string Name => "refuser";

    /// <inheritdoc/>
    public string Summary =>
        "a task every 100 ms, of 200 ms each, with a node that refuses everything beside one that could take them all";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (median, most, refusals) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            await using var silo = await InProcessSilo.Start();
            var taken = new ConcurrentDictionary<TaskId, long>();
            await using var refuser = await ScriptedNode.Start(silo.Grains, "refuser", Slots, null, static _ => { });
            await using var good = await ScriptedNode.Start(
                silo.Grains, "good", Slots, RunTime, task => taken.TryAdd(task, Stopwatch.GetTimestamp()));
            var waits = await Measure(silo, taken);
            (median[run], most[run], refusals[run]) = (Statistics.Median(waits), waits.Max(), refuser.Refusals);
        }

        return
        [
            new Figure("a task waits for the good node, p50", "s", median, [], null, null, AtLeast: false),
            new Figure("a task waits for the good node, longest", "s", most, [], null, 0.5, AtLeast: false),
            new Figure("refusals", "commands", refusals, [], null, null, AtLeast: false),
        ];
    }

    /// <summary>
    /// Seconds from each task's submission until the good node received it; a task that it never received counts to the end.
    /// </summary>
    private static async Task<double[]> Measure(InProcessSilo silo, ConcurrentDictionary<TaskId, long> taken)
    {
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        var accepted = new Dictionary<TaskId, long>();
        using var timer = new PeriodicTimer(Beat);
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < Period && await timer.WaitForNextTickAsync())
        {
            var task = SyntheticTasks.New(ids);
            var at = Stopwatch.GetTimestamp();
            var replies = await dispatcher.Submit([new SubmitRequest([task], null, null)]);
            if (replies[0].Outcome != SubmitOutcome.Accepted)
                throw new InvalidOperationException($"The dispatcher answered {replies[0].Outcome}.");
            accepted.Add(task.Id, at);
        }

        var last = Stopwatch.GetTimestamp();
        while (taken.Count < accepted.Count && Stopwatch.GetElapsedTime(last) < Patience)
            await timer.WaitForNextTickAsync();
        var end = Stopwatch.GetTimestamp();
        return
        [
            .. accepted.Select(
                task => Stopwatch.GetElapsedTime(task.Value, taken.GetValueOrDefault(task.Key, end)).TotalSeconds),
        ];
    }
}
