using Microsoft.Extensions.Logging;
using OrleansTasks.Queues;

namespace OrleansTasks.Tasks;

/// <summary>What dispatchers log.</summary>
internal static partial class DispatchLog
{
    [LoggerMessage(
        100, LogLevel.Debug, "Partition {Partition} is taken over at epoch {Epoch}, sequence {Sequence}, with {Leased} leases")]
    public static partial void TakenOver(this ILogger logger, PartitionKey partition, long epoch, long sequence, int leased);

    [LoggerMessage(101, LogLevel.Debug, "Partition {Partition} is recovered: {Open} open tasks")]
    public static partial void Recovered(this ILogger logger, PartitionKey partition, int open);

    [LoggerMessage(102, LogLevel.Warning, "Partition {Partition} gives up and starts again")]
    public static partial void Poisoned(this ILogger logger, PartitionKey partition, Exception cause);

    [LoggerMessage(103, LogLevel.Warning, "Partition {Partition}: the outcome of a commit is unknown: {Detail}")]
    public static partial void UnknownOutcome(this ILogger logger, PartitionKey partition, string? detail);

    [LoggerMessage(105, LogLevel.Warning, "Partition {Partition}: whether the commit landed cannot be asked yet")]
    public static partial void EpochNotTaken(this ILogger logger, PartitionKey partition, Exception exception);

    [LoggerMessage(106, LogLevel.Error, "Partition {Partition}: the stored job {Job} cannot be read; it stays as it is")]
    public static partial void JobUnreadable(this ILogger logger, PartitionKey partition, TaskId job, Exception exception);

    [LoggerMessage(104, LogLevel.Debug, "Partition {Partition}: a hint was lost")]
    public static partial void HintLost(this ILogger logger, PartitionKey partition, Exception exception);

    [LoggerMessage(
        107, LogLevel.Warning,
        "Partition {Partition}: the store refuses a commit; its {Operations} operations are repeated one by one: {Detail}")]
    public static partial void CommitRefused(this ILogger logger, PartitionKey partition, int operations, string? detail);

    [LoggerMessage(108, LogLevel.Warning, "Partition {Partition}: waiting tasks cannot be read yet")]
    public static partial void WaitingNotRead(this ILogger logger, PartitionKey partition, Exception exception);
}
