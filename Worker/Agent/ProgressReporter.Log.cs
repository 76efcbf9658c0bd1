using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class ProgressReporter
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning,
        Message = "The master could not be told of {Count} ended attempts ({Reason}); it will be told again.")]
    private partial void ReportFailed(Exception? fault, string reason, int count);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error,
        Message = "The master rejects what was reported of task {Task}: {Reason} It is told how the task ended, without its output.")]
    private partial void ResultRejected(string task, string reason);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Error,
        Message = "The master rejects any word of attempt {Attempt} of task {Task}: {Reason} The attempt is forgotten here; its lease runs out, and the task is tried again if it may be.")]
    private partial void ForgotRejected(string task, int attempt, string reason);
}
