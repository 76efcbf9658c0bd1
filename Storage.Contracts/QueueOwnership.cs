namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITaskStore.TakeEpoch"/>. An owner that lost track of its last commit takes the next epoch
/// and compares the sequence.
/// </summary>
/// <param name="Taken">False: nothing changed, and the other values are the present owner's, or 0.</param>
/// <param name="QueueNo">The queue's number in the store, from 1.</param>
/// <param name="Epoch">The stored epoch: the caller's own if taken.</param>
/// <param name="Sequence">The number of the last commit, from 1; 0 for none.</param>
/// <param name="LastNo">The last commit's <see cref="QueueCommit.LastNo"/>, or the start of the queue's range.</param>
/// <param name="StartsFrom">
/// Theoretical time of the next rate-limited start, Unix nanoseconds by the wall clock; 0 if none yet.
/// </param>
/// <param name="IsRetired">The queue was deleted and has had no task or job since.</param>
/// <param name="IsFull">The store has no room for another queue in use, and this one is retired.</param>
public sealed record QueueOwnership(
    bool Taken, int QueueNo, long Epoch, long Sequence, long LastNo, long StartsFrom = 0, bool IsRetired = false,
    bool IsFull = false)
{
    /// <summary>
    /// Queue n's row numbers begin after n times this many. Ranges are disjoint: a number names a row.
    /// </summary>
    public const long RowNumbers = 1L << 40;
}
