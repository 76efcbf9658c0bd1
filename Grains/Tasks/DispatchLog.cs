using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>What dispatchers log, with their writer, recovery and outbox.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(
        100, LogLevel.Debug, "Partition {Partition} is owned at epoch {Epoch}, event sequence {Sequence}, with {Leased} leases")]
    public static partial void Owned(this ILogger logger, PartitionKey partition, long epoch, long sequence, int leased);

    [LoggerMessage(101, LogLevel.Debug, "Partition {Partition}: waiting tasks are read; {Open} tasks and chunk runs are open")]
    public static partial void TasksRead(this ILogger logger, PartitionKey partition, int open);

    [LoggerMessage(102, LogLevel.Warning, "Partition {Partition}: the activation ends; the next call starts a new one")]
    public static partial void Poisoned(this ILogger logger, PartitionKey partition, Exception cause);

    [LoggerMessage(103, LogLevel.Warning, "Partition {Partition}: the outcome of a commit is unknown: {Detail}")]
    public static partial void UnknownOutcome(this ILogger logger, PartitionKey partition, string? detail);

    [LoggerMessage(105, LogLevel.Warning, "Partition {Partition}: the store cannot be asked yet whether the commit landed")]
    public static partial void OutcomeNotAsked(this ILogger logger, PartitionKey partition, Exception exception);

    [LoggerMessage(106, LogLevel.Error, "Partition {Partition}: the stored job {Job} cannot be read; it stays stored, and its chunks do not run")]
    public static partial void JobUnreadable(this ILogger logger, PartitionKey partition, TaskId job, Exception exception);

    [LoggerMessage(104, LogLevel.Debug, "Partition {Partition}: a hint to a node or a grain was lost; what it said is asked for later")]
    public static partial void HintLost(this ILogger logger, PartitionKey partition, Exception exception);

    [LoggerMessage(107, LogLevel.Warning, "Partition {Partition}: the store refuses a commit of {Operations} operations: {Detail}")]
    public static partial void CommitRefused(this ILogger logger, PartitionKey partition, int operations, string? detail);

    [LoggerMessage(108, LogLevel.Warning, "Partition {Partition}: a page of waiting tasks or open chunks cannot be read yet")]
    public static partial void PageNotRead(this ILogger logger, PartitionKey partition, Exception exception);
}
