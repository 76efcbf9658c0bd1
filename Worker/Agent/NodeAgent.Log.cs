using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

public sealed partial class NodeAgent
{
    [LoggerMessage(EventId = 3001, Level = LogLevel.Information,
        Message = "The worker leaves; {Count} tasks are running.")]
    private partial void Leaving(int count);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning,
        Message = "{Count} tasks were killed by the shutdown and are put back.")]
    private partial void KilledForShutdown(int count);

    [LoggerMessage(EventId = 3003, Level = LogLevel.Warning,
        Message = "The master could not be told that the worker leaves: {Reason}")]
    private partial void FarewellFailed(Exception? fault, string reason);

    [LoggerMessage(EventId = 3004, Level = LogLevel.Error,
        Message = "{Count} killed tasks have not ended: a process hangs in the kernel, or a plug-in ignores its cancellation. "
            + "The worker ends without them; their leases run out.")]
    private partial void StillLiving(int count);
}
