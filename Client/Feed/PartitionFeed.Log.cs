using OrleansTasks.Queues;

namespace OrleansTasks.Client.Feed;

internal sealed partial class PartitionFeed
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning,
        Message = "Could not subscribe to the feed of {Partition}.")]
    private partial void LogSubscribeFailed(PartitionKey partition, Exception fault);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Debug,
        Message = "Could not unsubscribe from the feed of {Partition}.")]
    private partial void LogUnsubscribeFailed(PartitionKey partition, Exception fault);
}
