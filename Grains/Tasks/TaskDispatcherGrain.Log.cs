using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

public sealed partial class TaskDispatcherGrain
{
    [LoggerMessage(100, LogLevel.Debug, "Partition {Partition} is taken over at epoch {Epoch}, sequence {Sequence}, with {Leased} leases")]
    private partial void LogActivated(PartitionKey partition, long epoch, long sequence, int leased);

    [LoggerMessage(101, LogLevel.Debug, "Partition {Partition} is recovered: {Open} open tasks")]
    private partial void LogRecovered(PartitionKey partition, int open);

    [LoggerMessage(102, LogLevel.Warning, "Partition {Partition} gives up and starts again")]
    private partial void LogPoisoned(PartitionKey partition, Exception cause);

    [LoggerMessage(103, LogLevel.Warning, "Partition {Partition}: the outcome of a commit is unknown: {Detail}")]
    private partial void LogUnknownOutcome(PartitionKey partition, string? detail);

    [LoggerMessage(105, LogLevel.Warning, "Partition {Partition}: whether the commit landed cannot be asked yet")]
    private partial void LogEpochNotTaken(PartitionKey partition, Exception exception);

    [LoggerMessage(106, LogLevel.Error, "Partition {Partition}: the stored job {Job} cannot be read; it stays as it is")]
    private partial void LogJobUnreadable(PartitionKey partition, TaskId job, Exception exception);

    [LoggerMessage(104, LogLevel.Debug, "Partition {Partition}: a hint was lost")]
    private partial void LogHintLost(PartitionKey partition, Exception exception);
}
