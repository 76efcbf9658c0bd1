namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviour 24: stateless workers.</summary>
public abstract class WorkerTests(IConformanceHosts hosts) : ConformanceTests(hosts)
{
    [Fact]
    public Task B24_StatelessWorker_RunsUpToItsNumberSideBySide() => Run(async () =>
    {
        var probe = Probe.New("worker");
        var foreman = Client.GetGrain<IForemanGrain>(Probe.New("foreman").Key);
        var work = foreman.GiveOut(Client.GetGrain<IWorkerGrain>(probe.Key), 6);
        await probe.SeenAsync("working", 2);
        for (var job = 1; job <= 6; job++) probe.GateOf($"job {job}").Open();
        await work.Soon();
        Assert.Equal(6, probe.Count("working"));
        Assert.Equal(2, probe.MostInside);
    });
}

public sealed class WorkerTestsOnOrleans(OrleansHosts hosts) : WorkerTests(hosts);

public sealed class WorkerTestsInSimulation() : WorkerTests(SimulatedHosts.All);
