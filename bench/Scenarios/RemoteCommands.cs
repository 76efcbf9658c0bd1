using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>As <see cref="EchoBatch"/>, over two remote workers.</summary>
public sealed class RemoteCommands : IScenario
{
    /// <summary>Of each worker: as many as there are cores, as without <c>--slots</c>.</summary>
    private static readonly int Slots = Environment.ProcessorCount;

    /// <inheritdoc/>
    public string Name => "commands-remote";

    /// <inheritdoc/>
    public string Summary =>
        $"{EchoBatch.Tasks} x /bin/echo N with captured output, durable, by two remote workers over gRPC; reference: xargs -P2";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        await using var one = await RemoteWorkerProcess.Start(service.Workers, "w1", Slots);
        await using var two = await RemoteWorkerProcess.Start(service.Workers, "w2", Slots);
        await EchoBatch.Warm(service);
        var (ours, xargs) = (new double[runs], new double[runs]);
        var (serviceShare, workerShare) = (new double[runs], new double[runs]);
        for (var run = 0; run < runs; run++)
        {
            var before = EchoBatch.Xargs();
            var (serviceCpu, workerCpu) = (ProcessCost.CpuSeconds(service.ServiceId), WorkerCpu());
            ours[run] = EchoBatch.Tasks / await EchoBatch.Measure(service);
            serviceShare[run] = Microseconds(ProcessCost.CpuSeconds(service.ServiceId) - serviceCpu);
            workerShare[run] = Microseconds(WorkerCpu() - workerCpu);
            xargs[run] = EchoBatch.Tasks / ((before + EchoBatch.Xargs()) / 2);
        }

        return
        [
            new Figure("commands with output, two remote workers", "tasks/s", ours, xargs, "xargs -P2", 1.0, AtLeast: true),
            new Figure("of the service's processor, a task", "us", serviceShare, [], null, null, AtLeast: false),
            new Figure("of the two agents' processor, a task", "us", workerShare, [], null, null, AtLeast: false),
        ];

        double WorkerCpu() => ProcessCost.CpuSeconds(one.AgentId) + ProcessCost.CpuSeconds(two.AgentId);
    }

    private static double Microseconds(double seconds) => 1e6 * seconds / EchoBatch.Tasks;
}
