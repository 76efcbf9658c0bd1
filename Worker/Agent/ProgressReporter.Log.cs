using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class ProgressReporter
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning,
        Message = "Could not report {Count} ended attempts to the master ({Reason}); trying again.")]
    private partial void ReportFailed(Exception? fault, string reason, int count);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error,
        Message = "The master rejected the result of task {Task}: {Reason} Reporting the result again without its output.")]
    private partial void ResultRejected(string task, string reason);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Error,
        Message = "The master rejected every report of attempt {Attempt} of task {Task}: {Reason} Giving up on the attempt. "
            + "When its lease ends, the service retries the task if its retry policy allows it.")]
    private partial void AttemptGivenUp(string task, int attempt, string reason);
}
