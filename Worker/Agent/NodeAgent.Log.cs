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
        Message = "{Count} tasks have not ended although they were killed: a process that hangs in the system, or a plug-in that does not look whether it is to stop. The worker ends without them.")]
    private partial void StillLiving(int count);
}
