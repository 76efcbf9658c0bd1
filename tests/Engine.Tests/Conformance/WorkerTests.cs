namespace OrleansTasks.Engine.Tests;

/// <summary>Behaviour 24: stateless workers.</summary>
public sealed class WorkerTests(ConformanceFixture fixture)
{
    [Fact]
    public async Task B24_StatelessWorker_RunsUpToItsNumberSideBySide()
    {
        var probe = Probe.New("worker");
        var foreman = fixture.Client.GetGrain<IForemanGrain>(Probe.New("foreman").Key);
        var work = foreman.GiveOut(fixture.Client.GetGrain<IWorkerGrain>(probe.Key), 6);
        await probe.SeenAsync("working", 2);
        for (var job = 1; job <= 6; job++) probe.GateOf($"job {job}").Open();
        await work.Soon();
        Assert.Equal(6, probe.Count("working"));
        Assert.Equal(2, probe.MostInside);
    }
}
