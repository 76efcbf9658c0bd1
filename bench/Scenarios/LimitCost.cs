using System.Globalization;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// What limits cost that never hold anything: the scenario <c>dispatcher</c> on a queue with every limit and a weight, and
/// with a concurrency key on each task, compared with a queue without any.
/// </summary>
public sealed class LimitCost : IScenario
{
    private const int Keys = 1_000;
    private int keyNo;

    /// <inheritdoc/>
    public string Name => "limits";

    /// <inheritdoc/>
    public string Summary =>
        "as dispatcher, on a queue with maxRunning, maxDepth, rate and weight, and a concurrency key on every task; reference: none of them";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (limited, plain) = (new double[runs], new double[runs]);
        for (var run = -1; run < runs; run++)
        {
            var measured = await Measure("limited", WithKey);
            var reference = await Measure("plain", SyntheticTasks.New);
            if (run >= 0)
                (limited[run], plain[run]) = (measured, reference);
        }

        return [new Figure("whole task lives under limits", "tasks/s", limited, plain, "a queue without limits", 0.9, AtLeast: true)];
    }

    private static async Task<double> Measure(string queue, Func<TaskIdSource, TaskSubmission> make)
    {
        await using var silo = await InProcessSilo.Start();
        if (queue == "limited")
        {
            var reply = await silo.Grains.GetGrain<IQueueGrain>(queue).Put(new QueueChange((Placement?)null)
            {
                MaxRunning = QueueSettings.LargestMaxRunning, MaxDepth = QueueSettings.LargestMaxDepth,
                RatePerSecond = QueueSettings.LargestRate, Burst = QueueSettings.LargestBurst, Weight = QueueSettings.LargestWeight,
            });
            if (reply.IsConflict)
                throw new InvalidOperationException("The queue has settings already.");
        }

        return await DispatcherThroughput.Measure(silo, queue, make);
    }

    // The limit is more than the callers, so that nothing waits for a key.
    private TaskSubmission WithKey(TaskIdSource ids)
    {
        var key = (Interlocked.Increment(ref keyNo) % Keys).ToString(CultureInfo.InvariantCulture);
        return SyntheticTasks.New(ids) with { Concurrency = new TaskConcurrency(key, TaskConcurrency.LargestLimit) };
    }
}
