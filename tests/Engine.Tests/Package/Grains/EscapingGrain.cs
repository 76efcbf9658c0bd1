namespace OrleansTasks.Engine.Tests;

/// <summary>Leaves the simulation, as grains must not.</summary>
public interface IEscapingGrain : IGrainWithStringKey
{
    Task Escape();
}

/// <inheritdoc cref="IEscapingGrain"/>
public sealed class EscapingGrain : Grain, IEscapingGrain
{
    public async Task Escape()
    {
        var here = TaskScheduler.Current;
        var outside = new Thread(() => _ = Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.None, here));
        outside.Start();
        outside.Join();
        await Task.Yield();
    }
}
