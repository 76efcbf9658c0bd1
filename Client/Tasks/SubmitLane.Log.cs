using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

internal sealed partial class SubmitLane
{
    [LoggerMessage(EventId = 3101, Level = LogLevel.Warning,
        Message = "The outcome of {Count} submissions to {Dispatcher} is unknown; sending them again.")]
    private partial void LogRepeating(ITaskDispatcherGrain dispatcher, int count, Exception fault);

    [LoggerMessage(EventId = 3102, Level = LogLevel.Error,
        Message = "The outcome of {Count} submissions to {Dispatcher} remains unknown.")]
    private partial void LogUnknown(ITaskDispatcherGrain dispatcher, int count, Exception fault);

    [LoggerMessage(EventId = 3103, Level = LogLevel.Error, Message = "{Count} submissions to {Dispatcher} failed.")]
    private partial void LogFailed(ITaskDispatcherGrain dispatcher, int count, Exception fault);
}
