namespace OrleansTasks.Client.Feed;

internal sealed partial class QueueFeed
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning,
        Message = "Could not subscribe to the feed of {Queue}.")]
    private partial void LogSubscribeFailed(string queue, Exception fault);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Debug,
        Message = "Could not unsubscribe from the feed of {Queue}.")]
    private partial void LogUnsubscribeFailed(string queue, Exception fault);
}
