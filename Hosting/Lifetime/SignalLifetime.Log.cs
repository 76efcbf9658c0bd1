using System.Runtime.InteropServices;

namespace OrleansTasks.Lifetime;

public sealed partial class SignalLifetime
{
    [LoggerMessage(1, LogLevel.Information,
        "{Signal}: accepting no new work; running tasks have {Drain} to end. A second signal ends the process at once.")]
    private partial void LogDraining(PosixSignal signal, TimeSpan drain);

    [LoggerMessage(3, LogLevel.Information, "{Signal}: accepting no new work. A second signal ends the process at once.")]
    private partial void LogStopping(PosixSignal signal);

    [LoggerMessage(2, LogLevel.Error, "Draining failed; stopping the service now")]
    private partial void LogDrainFailed(Exception error);
}
