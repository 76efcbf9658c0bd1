using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>What the service costs while nothing happens.</summary>
public sealed class IdleCost : IScenario
{
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "idle";

    /// <inheritdoc/>
    public string Summary => "processor time and memory of the idle service with its supervisor from the second minute, 10 s a run";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        await Task.Delay(Start, TimeProvider.System);
        var (share, memory, once) = (new double[runs], new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var before = ProcessCost.CpuSeconds(service.ServiceId) + ProcessCost.CpuSeconds(service.SupervisorId);
            await Task.Delay(Watch, TimeProvider.System);
            share[run] = 100 * (ProcessCost.CpuSeconds(service.ServiceId) + ProcessCost.CpuSeconds(service.SupervisorId) - before) / Watch.TotalSeconds;
            memory[run] = (ProcessCost.ResidentBytes(service.ServiceId) + ProcessCost.ResidentBytes(service.SupervisorId)) / 1e6;
            once[run] = (ProcessCost.SharedOutBytes(service.ServiceId) + ProcessCost.SharedOutBytes(service.SupervisorId)) / 1e6;
        }

        return
        [
            new Figure("idle processor time", "% core", share, [], null, 1, AtLeast: false),
            new Figure("idle resident memory", "MB", memory, [], null, 160, AtLeast: false),
            new Figure("  the same, shared pages counted once", "MB", once, [], null, null, AtLeast: false),
        ];
    }
}
