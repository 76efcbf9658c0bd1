using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>As <see cref="IdleLatency"/>, with the worker in a process of its own, over gRPC.</summary>
public sealed class RemoteLatency : IScenario
{
    private const int Tasks = 500;

    /// <inheritdoc/>
    public string Name => "latency-remote";

    /// <inheritdoc/>
    public string Summary => $"{Tasks} x /bin/true one by one over HTTP, run by a remote worker over gRPC";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        await using var service = await ServiceProcess.Start(slots: 0);
        await using var worker = await RemoteWorkerProcess.Start(service.Workers, "w1", slots: 2);
        // The first heartbeats connect the node's grain, and compilers have their say.
        await IdleLatency.Measure(service, Tasks);
        return await IdleLatency.Compare(service, "submit to result, remote", runs);
    }
}
