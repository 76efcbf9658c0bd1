namespace OrleansTasks.Storage;

/// <summary>
/// The result of <see cref="ITaskStore.TakeEpoch"/>. An owner that does not know whether its last commit landed takes
/// the next epoch and compares the sequence.
/// </summary>
/// <param name="Taken">
/// Whether the caller now owns the queue. If not, the other values are the present owner's, or 0.
/// </param>
/// <param name="QueueNo">The queue's number in the store, from 1.</param>
/// <param name="Epoch">The stored epoch, which is the caller's own if taken.</param>
/// <param name="Sequence">The number of the last commit, from 1; 0 for none.</param>
/// <param name="LastNo">
/// The last commit's <see cref="QueueCommit.LastNo"/>, or the start of the queue's number range.
/// </param>
/// <param name="StartsFrom">
/// The earliest time at which the rate limit allows a start, in Unix nanoseconds; 0 if none yet.
/// </param>
/// <param name="IsRetired">Whether the queue was deleted and has had no task or job since.</param>
/// <param name="IsFull">Whether the queue is retired and the store has no room for another queue in use.</param>
public sealed record QueueOwnership(
    bool Taken, int QueueNo, long Epoch, long Sequence, long LastNo, long StartsFrom = 0, bool IsRetired = false,
    bool IsFull = false)
{
    /// <summary>
    /// The size of a queue's range of row numbers. The rows of queue n have the numbers after n times this size, so
    /// ranges are disjoint, a number identifies a row in any queue, and dividing a number by the size yields the queue.
    /// </summary>
    public const long RowNumbers = 1L << 40;
}
