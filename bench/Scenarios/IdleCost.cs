using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>What the service costs while nothing happens.</summary>
public sealed class IdleCost : IScenario
{
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public string Name => "idle";

    /// <inheritdoc/>
    public string Summary => "processor time and resident memory of the idle service with its supervisor, 10 s a run";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 2);
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System);
        var (share, memory) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var before = ProcessCost.CpuSeconds(service.ServiceId) + ProcessCost.CpuSeconds(service.SupervisorId);
            await Task.Delay(Watch, TimeProvider.System);
            share[run] = 100 * (ProcessCost.CpuSeconds(service.ServiceId) + ProcessCost.CpuSeconds(service.SupervisorId) - before) / Watch.TotalSeconds;
            memory[run] = (ProcessCost.ResidentBytes(service.ServiceId) + ProcessCost.ResidentBytes(service.SupervisorId)) / 1048576.0;
        }

        return
        [
            new Figure("idle processor time", "% core", share, [], null, 1, AtLeast: false),
            new Figure("idle resident memory", "MiB", memory, [], null, 150, AtLeast: false),
        ];
    }
}
