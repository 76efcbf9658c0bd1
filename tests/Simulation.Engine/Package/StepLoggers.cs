using Microsoft.Extensions.Logging;

namespace OrleansTasks.Simulation;

/// <summary>
/// Writes what silos and grains log, from information on, to the trace. Whether there is a trace changes nothing else.
/// </summary>
internal sealed class StepLoggers(SimulatedCluster cluster, StepLog? log) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(cluster, log, categoryName);

    public void AddProvider(ILoggerProvider provider)
    {
        // The trace is the only place that a simulation logs to.
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Logger(SimulatedCluster cluster, StepLog? log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (log is null || !IsEnabled(logLevel)) return;
            var failure = exception is null ? "" : $" ({exception.GetType().Name}: {exception.Message})";
            log.Note(cluster.Elapsed, $"{logLevel} {category}: {formatter(state, exception)}{failure}");
        }
    }
}
