using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class AttemptRunner
{
    [LoggerMessage(EventId = 3301, Level = LogLevel.Information,
        Message = "Attempt {Attempt} of task {Task} is not taken: no free slot, cancelled, or no lease.")]
    private partial void RefusedStart(string task, int attempt);

    [LoggerMessage(EventId = 3304, Level = LogLevel.Warning,
        Message = "A command to start something has no lease and is passed over.")]
    private partial void StartWithoutLease();

    [LoggerMessage(EventId = 3303, Level = LogLevel.Information,
        Message = "Attempt {Attempt} of task {Task} is passed over: its command has been under way for longer than its lease.")]
    private partial void StaleStart(string task, int attempt);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Error,
        Message = "The output of attempt {Attempt} of task {Task} is not complete.")]
    private partial void OutputFailed(Exception failure, string task, int attempt);
}
