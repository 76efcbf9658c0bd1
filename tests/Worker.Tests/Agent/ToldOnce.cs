using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>A log that waits for one event.</summary>
internal sealed class ToldOnce(int eventId) : ILogger<NodeAgent>
{
    private readonly TaskCompletionSource<string> told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its text, once it was told.</summary>
    public Task<string> Text => told.Task;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (id.Id == eventId)
            told.TrySetResult(formatter(state, exception));
    }
}
