namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITaskStore.TakeEpoch"/>, by which a dispatcher becomes the owner of a queue (a share of
/// a queue): whether it owns the queue now, and where the queue stands. The epoch is the ownership number: each
/// new owner raises it, and the store then refuses commits with a lower one. The owner puts <paramref name="Epoch"/>
/// and <paramref name="Sequence"/> into its first commit. An owner that does not know whether its last commit is on
/// disk takes the next epoch: if that succeeds, <paramref name="Sequence"/> tells whether the commit is on disk.
/// </summary>
/// <param name="Taken">
/// Whether the caller owns the queue. False when the caller expected a certain epoch and the stored one is another,
/// or the queue is not stored. Nothing has changed then, and the other values are those of the present owner, or 0
/// if the queue is not stored.
/// </param>
/// <param name="QueueNo">The queue's number in the store, from 1.</param>
/// <param name="Epoch">The stored epoch: the caller's own when taken.</param>
/// <param name="Sequence">The number of the last commit, counted from 1; 0 when there was none.</param>
/// <param name="LastNo">
/// The <see cref="QueueCommit.LastNo"/> of the last commit. When there was none, the number before the queue's first:
/// each queue numbers its rows from a range of its own, so that a number alone names a row.
/// </param>
/// <param name="StartsFrom">
/// The theoretical time of the next start of a task under the queue's limit of starts a second, in Unix nanoseconds by
/// the wall clock; 0 when no task has started under such a limit.
/// </param>
/// <param name="IsRetired">Whether the queue was deleted, and has had no task or job since.</param>
/// <param name="IsFull">
/// Whether the store has as many queues as it may, so that a retired one must not be used again. False for a queue in use.
/// </param>
public sealed record QueueOwnership(
    bool Taken, int QueueNo, long Epoch, long Sequence, long LastNo, long StartsFrom = 0, bool IsRetired = false,
    bool IsFull = false)
{
    /// <summary>How many numbers a queue has for its rows: the range of queue <c>n</c> begins after <c>n</c> times as many.</summary>
    public const long RowNumbers = 1L << 40;
}
