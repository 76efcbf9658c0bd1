using System.Runtime.InteropServices;

namespace OrleansTasks.Silo.Hosting;

public sealed partial class ServiceLifetime
{
    [LoggerMessage(1, LogLevel.Information,
        "{Signal}: no new work is taken; running tasks have {Drain} to end. A second signal ends the process at once.")]
    private partial void LogDraining(PosixSignal signal, TimeSpan drain);

    [LoggerMessage(2, LogLevel.Error, "Draining failed; the service stops now")]
    private partial void LogDrainFailed(Exception error);
}
