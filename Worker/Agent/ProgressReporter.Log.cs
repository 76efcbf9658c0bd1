using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class ProgressReporter
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning,
        Message = "The master could not be told of {Count} ended attempts ({Reason}); it will be told again.")]
    private partial void ReportFailed(Exception? fault, string reason, int count);
}
