using Orleans.Concurrency;

namespace OrleansTasks.Engine.Tests;

/// <summary>A stateless worker of which there are two at most.</summary>
public interface IWorkerGrain : IGrainWithStringKey
{
    Task Work(string gate);
}

/// <inheritdoc cref="IWorkerGrain"/>
[StatelessWorker(2)]
public sealed class WorkerGrain : Grain, IWorkerGrain
{
    public async Task Work(string gate)
    {
        var probe = Probe.Of(this.GetPrimaryKeyString());
        probe.Enter();
        probe.Add("working");
        await probe.GateOf(gate).PassAsync();
        probe.Exit();
    }
}

/// <summary>Gives work from inside one host.</summary>
public interface IForemanGrain : IGrainWithStringKey
{
    Task GiveOut(IWorkerGrain worker, int jobs);
}

/// <inheritdoc cref="IForemanGrain"/>
public sealed class ForemanGrain : Grain, IForemanGrain
{
    public Task GiveOut(IWorkerGrain worker, int jobs) =>
        Task.WhenAll(Enumerable.Range(1, jobs).Select(n => worker.Work($"job {n}")));
}
