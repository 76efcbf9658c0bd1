using System.Runtime.InteropServices;

namespace OrleansTasks.Silo.Hosting;

public sealed partial class ServiceLifetime
{
    [LoggerMessage(1, LogLevel.Information,
        "{Signal}: accepting no new work; running tasks have {Drain} to end. A second signal ends the process at once.")]
    private partial void LogDraining(PosixSignal signal, TimeSpan drain);

    [LoggerMessage(2, LogLevel.Error, "Draining failed; stopping the service now")]
    private partial void LogDrainFailed(Exception error);
}
