using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>What a connected remote worker costs while nothing happens.</summary>
public sealed class IdleWorker : IScenario
{
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public string Name => "worker-idle";

    /// <inheritdoc/>
    public string Summary => "processor time and resident memory of an idle remote worker with its supervisor, 30 s a run";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        await using var worker = await RemoteWorkerProcess.Start(service.Workers, "w1", slots: 2);
        // A method is compiled for good at its 30th call, which a heartbeat every two seconds reaches after a minute.
        await Task.Delay(TimeSpan.FromSeconds(90), TimeProvider.System);
        var (share, memory) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var before = Cpu();
            await Task.Delay(Watch, TimeProvider.System);
            share[run] = 100 * (Cpu() - before) / Watch.TotalSeconds;
            memory[run] = (ProcessCost.ResidentBytes(worker.AgentId) + ProcessCost.ResidentBytes(worker.SupervisorId)) / 1048576.0;
        }

        return
        [
            new Figure("idle worker's processor time", "% core", share, [], null, 0.5, AtLeast: false),
            new Figure("idle worker's resident memory", "MiB", memory, [], null, null, AtLeast: false),
        ];

        double Cpu() => ProcessCost.CpuSeconds(worker.AgentId) + ProcessCost.CpuSeconds(worker.SupervisorId);
    }
}
