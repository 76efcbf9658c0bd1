using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>What the service's processes hold together while a million tasks are queued.</summary>
public sealed class ServiceMemory : IScenario
{
    private const double MB = 1e6;
    private static readonly int Tasks = Parameter.Of("OTASK_BENCH_QUEUED", 1_000_000);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public string Name => "memory-service";

    /// <inheritdoc/>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Tasks} tasks queued over HTTP (OTASK_BENCH_QUEUED=n): resident memory of service and supervisor");

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (idle, queued, peak, bytes) = (new double[runs], new double[runs], new double[runs], new double[runs]);
        var once = new double[runs];
        for (var run = 0; run < runs; run++)
        {
            await using var service = await ServiceProcess.Start(slots: 2);
            await IdleLatency.Measure(service, 100);
            idle[run] = Resident(service);
            var task = new JsonObject { ["cmd"] = "true", ["requires"] = Batches.Nowhere };
            await Batches.Submit(service.Http, task, Tasks);
            peak[run] = Sum(service, ProcessCost.PeakBytes);
            await Task.Delay(Settle, TimeProvider.System);
            queued[run] = Resident(service);
            once[run] = Sum(service, ProcessCost.SharedOutBytes);
            bytes[run] = (queued[run] - idle[run]) * MB / Tasks;
        }

        return
        [
            new Figure("resident before", "MB", idle, [], null, null, AtLeast: false),
            new Figure("resident with all queued", "MB", queued, [], null, 400, AtLeast: false),
            new Figure("  the same, shared pages counted once", "MB", once, [], null, null, AtLeast: false),
            new Figure("  its growth, a task", "bytes", bytes, [], null, null, AtLeast: false),
            new Figure("the most while they were submitted", "MB", peak, [], null, 500, AtLeast: false),
        ];
    }

    private static double Resident(ServiceProcess service) => Sum(service, ProcessCost.ResidentBytes);

    private static double Sum(ServiceProcess service, Func<int, double> bytes) =>
        (bytes(service.ServiceId) + bytes(service.SupervisorId)) / MB;
}
