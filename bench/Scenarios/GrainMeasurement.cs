using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// Measures Orleans under the service's own grains, filters and streams: what a call costs that does nothing, how many submissions become durable, and how long a command takes from its stream to its worker.
/// </summary>
public static class GrainMeasurement
{
    private const string Processor = ", processor";
    private const int Callers = 64;
    private const int Deliveries = 400;
    private static readonly int[] Submitters = [1, 16, 128];
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>What is measured.</summary>
    public static IReadOnlyList<(string Name, string Unit, bool MoreIsBetter)> Figures { get; } =
    [
        .. Rates(CallName(1), "calls/s"),
        .. Rates(CallName(Callers), "calls/s"),
        .. Submitters.SelectMany(static callers => Rates(SubmitName(callers), "tasks/s")),
        ("stream to worker, p50", "ms", false),
        ("stream to worker, p99", "ms", false),
    ];

    /// <summary>Measures once and prints the figures as JSON.</summary>
    public static async Task Print()
    {
        await using var silo = await InProcessSilo.Start();
        var figures = new Dictionary<string, double>();
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        Func<Task> call = () => dispatcher.Unfollow("nobody", 1);
        await Rate(figures, CallName(1), 1, call);
        await Rate(figures, CallName(Callers), Callers, call);
        var times = await Deliver(silo);
        figures["stream to worker, p50"] = Statistics.Quantile(times, 0.5);
        figures["stream to worker, p99"] = Statistics.Quantile(times, 0.99);
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));
        foreach (var callers in Submitters)
            await Rate(figures, SubmitName(callers), callers, async () =>
            {
                var replies = await dispatcher.Submit([new SubmitRequest([SyntheticTasks.New(ids)], null, null)]);
                if (replies[0].Outcome != SubmitOutcome.Accepted)
                    throw new InvalidOperationException($"The dispatcher answered {replies[0].Outcome}.");
            });
        Console.WriteLine(JsonSerializer.Serialize(figures));
    }

    private static string SubmitName(int callers) => $"durable submit, {callers} caller{(callers == 1 ? "" : "s")}";

    private static string CallName(int callers) => $"grain call, {callers} caller{(callers == 1 ? "" : "s")}";

    private static (string Name, string Unit, bool MoreIsBetter)[] Rates(string name, string unit) =>
        [(name, unit, true), (name + Processor, "µs each", false)];

    /// <summary>How often a second an action ends, by so many callers, each waiting for its last one; and what each costs.</summary>
    private static async Task Rate(Dictionary<string, double> figures, string name, int callers, Func<Task> act)
    {
        await Run(callers, act, Warmup);
        var (began, used) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var count = await Run(callers, act, Period);
        figures[name] = count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        figures[name + Processor] = (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / count;
    }

    private static async Task<long> Run(int callers, Func<Task> act, TimeSpan period)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(began) < period; count++)
                await act();
            return count;
        })));
        return counts.Sum();
    }

    /// <summary>Milliseconds from a command's sending to its arrival at the worker's connection, one at a time.</summary>
    private static async Task<double[]> Deliver(InProcessSilo silo)
    {
        var worker = new ListeningWorker();
        var node = silo.Grains.GetGrain<INodeGrain>("listener");
        var session = (await node.Register(new NodeRegistration("bench", 1, [], Limits.None, "bench", "bench", true, [], [], []))).Session;
        var reference = silo.Grains.CreateObjectReference<INodeConnectionObserver>(worker);
        await node.Connect(session, reference);
        var channel = silo.Services.GetRequiredService<ICommandChannel>();
        var lease = new LeaseRef(new TaskId(1, 1), "default", 1, default);
        var random = new Random(1);
        var times = new List<double>();
        for (var i = -20; i < Deliveries; i++)
        {
            // At no fixed distance from the last one, or a poller would always be met in the same place.
            await Task.Delay(TimeSpan.FromMilliseconds(1 + random.Next(10)), TimeProvider.System);
            var arrival = worker.Next();
            var began = Stopwatch.GetTimestamp();
            await channel.Send("listener", new CommandBatch(session, [], [lease], []));
            var arrived = await arrival.WaitAsync(TimeSpan.FromSeconds(30));
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(began, arrived).TotalMilliseconds);
        }

        await node.Goodbye(session);
        return [.. times];
    }

    private sealed class ListeningWorker : INodeConnectionObserver
    {
        private TaskCompletionSource<long> next = New();

        public Task<long> Next() => (next = New()).Task;

        public Task Deliver(CommandBatch batch)
        {
            next.TrySetResult(Stopwatch.GetTimestamp());
            return Task.CompletedTask;
        }

        public Task Close(long session) => Task.CompletedTask;

        private static TaskCompletionSource<long> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
