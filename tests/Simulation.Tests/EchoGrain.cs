namespace OrleansTasks.Simulation.Tests;

public interface IEchoGrain : IGrainWithStringKey
{
    Task<int> Count();

    Task WaitFor(TimeSpan time);

    Task Fail(bool oddly);
}

/// <summary>An exception that no serializer knows.</summary>
public sealed class OddException(string message) : Exception(message);

public sealed class EchoGrain(TimeProvider time) : Grain, IEchoGrain
{
    private int count;

    public Task<int> Count() => Task.FromResult(++count);

    public Task Fail(bool oddly) => throw (oddly ? new OddException("odd") : new InvalidOperationException("plain"));

    public Task WaitFor(TimeSpan wait) => Task.Delay(wait, time);
}
