using Orleans.Concurrency;

namespace OrleansTasks.Engine.Tests;

/// <summary>Called back by grains.</summary>
public interface IListener : IGrainObserver
{
    [OneWay]
    Task Hear(int number);

    Task<int> Ask(int number);
}

/// <summary>Calls back what registers.</summary>
public interface INotifierGrain : IGrainWithStringKey
{
    Task Register(IListener listener);

    Task Tell(int from, int to);

    Task AskInTurn(int from, int to);
}

/// <inheritdoc cref="INotifierGrain"/>
public sealed class NotifierGrain : Grain, INotifierGrain
{
    private IListener? _listener;

    public Task Register(IListener listener)
    {
        _listener = listener;
        return Task.CompletedTask;
    }

    public async Task Tell(int from, int to)
    {
        for (var number = from; number <= to; number++) await _listener!.Hear(number);
    }

    public async Task AskInTurn(int from, int to)
    {
        for (var number = from; number <= to; number++) Assert.Equal(number + 1, await _listener!.Ask(number));
    }
}
