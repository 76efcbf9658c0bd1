using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class AttemptRunner
{
    [LoggerMessage(EventId = 3301, Level = LogLevel.Information,
        Message = "Refused attempt {Attempt} of task {Task}: no free slot, cancelled, or no lease.")]
    private partial void RefusedStart(string task, int attempt);

    [LoggerMessage(EventId = 3304, Level = LogLevel.Warning,
        Message = "Ignored a start command without a lease.")]
    private partial void StartWithoutLease();

    [LoggerMessage(EventId = 3303, Level = LogLevel.Information,
        Message = "Ignored attempt {Attempt} of task {Task}: its command arrived after its lease had ended.")]
    private partial void StaleStart(string task, int attempt);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Error,
        Message = "The output of attempt {Attempt} of task {Task} is incomplete.")]
    private partial void OutputFailed(Exception failure, string task, int attempt);
}
