using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Client.Tests.Edges;

/// <summary>Collects what a service logs of its own faults: errors, and activations that end.</summary>
internal sealed class LoggedFaults : ILoggerProvider
{
    private readonly ConcurrentQueue<string> faults = new();

    /// <summary>Takes the faults since the last call.</summary>
    public IEnumerable<string> Take()
    {
        while (faults.TryDequeue(out var fault))
            yield return fault;
    }

    public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Listener(LoggedFaults owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var text = formatter(state, exception);
            var isOfActivation = category.StartsWith("OrleansTasks.", StringComparison.Ordinal)
                && text.Contains("activation", StringComparison.OrdinalIgnoreCase);
            if (logLevel >= LogLevel.Error || isOfActivation)
                owner.faults.Enqueue($"{category} {eventId.Id}: {text} {exception}");
        }
    }
}
