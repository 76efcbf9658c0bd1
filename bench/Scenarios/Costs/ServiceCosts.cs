using System.Net.Http.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios.Costs;

/// <summary>
/// What a request and a command cost in counts that do not depend on a processor's speed: switches between threads,
/// system calls, syncs. Only the switches of many requests at once depend on how the requests meet.
/// </summary>
public sealed class ServiceCosts : IScenario
{
    private const int Requests = 2000;
    private const int Traced = 500;

    /// <inheritdoc/>
    public string Name => "costs";

    /// <inheritdoc/>
    public string Summary =>
        "thread switches, system calls, syncs, allocated bytes and messages between silos, a durable POST and a command";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var figures = new List<Figure>();
        await Posts(figures, runs);
        await Commands(figures, "command", runs, remote: false);
        await Commands(figures, "remote command", runs, remote: true);
        figures.AddRange(await InProcessCosts.Measure(runs));
        return figures;
    }

    private static async Task Posts(List<Figure> figures, int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        var (many, one, calls, syncs) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        await DurablePost.Load(service, seconds: 5);
        int[] processes = [service.ServiceId];
        for (var run = 0; run < runs; run++)
        {
            var posted = 0.0;
            many[run] = await Switches(processes, async () => posted = await DurablePost.Load(service, seconds: 5)) / posted;
            one[run] = await Switches(processes, () => Post(service, Requests)) / Requests;
            var counted = await SystemCalls.Count(processes, () => Post(service, Traced));
            (calls[run], syncs[run]) = (counted.All / (double)Traced, counted.Syncs / (double)Traced);
        }

        figures.Add(new Figure("POST, 64 at once: thread switches", "a request", many, [], null, 0.4, AtLeast: false));
        Add(figures, "POST, one at a time", one, calls, syncs);
    }

    private static async Task Commands(List<Figure> figures, string name, int runs, bool remote)
    {
        await using var service = await ServiceProcess.Start(slots: remote ? 0 : 2);
        await using var worker = remote ? await RemoteWorkerProcess.Start(service.Workers, "w1", slots: 2) : null;
        var (switches, calls, syncs) = (new double[runs], new double[runs], new double[runs]);
        await IdleLatency.Measure(service, Requests);
        int[] processes = worker is null ? [service.ServiceId] : [service.ServiceId, worker.AgentId];
        for (var run = 0; run < runs; run++)
        {
            switches[run] = await Switches(processes, () => IdleLatency.Measure(service, Requests)) / Requests;
            var counted = await SystemCalls.Count(processes, () => IdleLatency.Measure(service, Traced));
            (calls[run], syncs[run]) = (counted.All / (double)Traced, counted.Syncs / (double)Traced);
        }

        Add(figures, name, switches, calls, syncs);
    }

    private static void Add(List<Figure> figures, string name, double[] switches, double[] calls, double[] syncs)
    {
        figures.Add(new Figure($"{name}: thread switches", "each", switches, [], null, null, AtLeast: false));
        figures.Add(new Figure($"{name}: system calls", "each", calls, [], null, null, AtLeast: false));
        figures.Add(new Figure($"{name}: syncs", "each", syncs, [], null, null, AtLeast: false));
    }

    private static async Task Post(ServiceProcess service, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var answer = await service.Http.PostAsJsonAsync("/tasks", new { cmd = "touch /tmp/hello-distributed-system" });
            answer.EnsureSuccessStatusCode();
        }
    }

    private static async Task<double> Switches(int[] processes, Func<Task> action)
    {
        var before = processes.Select(ProcessCost.Switches).ToArray();
        await action();
        return processes.Zip(before, static (process, former) =>
            ProcessCost.Switches(process).Sum(thread => thread.Value - former.GetValueOrDefault(thread.Key))).Sum();
    }
}
