using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Keeps what is logged as an error.</summary>
internal sealed class CollectedErrors : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> messages = new();

    public IReadOnlyCollection<string> Messages => messages;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            messages.Enqueue(formatter(state, exception));
    }

    public void Dispose()
    {
    }
}
