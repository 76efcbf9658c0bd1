using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Tasks that programs submit in transactions of their own, with the SQL function <c>ot.submit</c>. A submission waits
/// until the commit that stores its task deletes it (<see cref="TaskSubmission.IsTransactional"/>), or until it is
/// refused. Only stores on PostgreSQL have submissions. Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface ISubmissionStore
{
    /// <summary>Maximum number of submissions that <see cref="Read"/> returns.</summary>
    const int PageSize = 256;

    /// <summary>
    /// Waits for a notification that a transaction with submissions has committed, and returns the queues for which
    /// submissions wait. A notification is only a hint: it may be late, lost, or sent by anybody. Returns null if the
    /// caller must look at all queues: at first, after <paramref name="atMost"/>, and after the connection failed.
    /// Throws only if it is cancelled. One caller at a time.
    /// </summary>
    Task<ImmutableArray<string>?> Wait(TimeSpan atMost, CancellationToken cancellation);

    /// <summary>Returns the queues for which submissions wait.</summary>
    Task<ImmutableArray<string>> Queues(CancellationToken cancellation);

    /// <summary>
    /// Returns the oldest waiting submissions of a queue in order: at most <see cref="PageSize"/>, and about 1 MiB.
    /// </summary>
    Task<ImmutableArray<SubmissionRow>> Read(string queue, CancellationToken cancellation);

    /// <summary>
    /// Marks a waiting submission as refused. It is kept with the error. Does nothing if it no longer waits.
    /// </summary>
    Task Refuse(TaskId id, string error);

    /// <summary>Returns what is refused and what waits.</summary>
    Task<SubmissionStatus> Status();

    /// <summary>
    /// Deletes at most <paramref name="limit"/> submissions that were refused before a time in Unix milliseconds.
    /// Returns how many.
    /// </summary>
    Task<int> Prune(long refusedBefore, int limit);
}
