namespace OrleansTasks.Simulation.Tests;

public interface IEchoGrain : IGrainWithStringKey
{
    Task<int> Count();

    Task WaitFor(TimeSpan time);
}

public sealed class EchoGrain(TimeProvider time) : Grain, IEchoGrain
{
    private int count;

    public Task<int> Count() => Task.FromResult(++count);

    public Task WaitFor(TimeSpan wait) => Task.Delay(wait, time);
}
