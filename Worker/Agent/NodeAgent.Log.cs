using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

public sealed partial class NodeAgent
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information,
        Message = "The worker is leaving; {Count} tasks are running.")]
    private partial void Leaving(int count);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning,
        Message = "The shutdown killed {Count} tasks, which are returned to their queues.")]
    private partial void KilledForShutdown(int count);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning,
        Message = "Could not tell the master that the worker is leaving: {Reason}")]
    private partial void FarewellFailed(Exception? fault, string reason);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error,
        Message = "{Count} killed tasks have not ended: a process hangs in the kernel, or a plug-in ignores cancellation. "
            + "The worker exits without waiting for them; their leases will end.")]
    private partial void KilledButNotEnded(int count);

    [LoggerMessage(EventId = 3005, Level = LogLevel.Warning,
        Message = "The worker offers {Offered} cores (--resource cpu), which is more than it may use, "
            + "so it takes no tasks with pin.")]
    private partial void CannotPin(double offered);
}
