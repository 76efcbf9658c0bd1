using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Which ended tasks still have their artifacts. The artifacts of a task are kept, then leaving, then gone; a new
/// attempt of the task begins anew:
/// <code>
/// kept ──Expire──► leaving ──Finish──► gone
/// </code>
/// Between the two calls, the caller removes the rows of the attempt from the index of files. The task counts as
/// expired (<see cref="ArtifactTotals.IsExpired"/>) from <see cref="Expire"/> on. All methods throw
/// <see cref="StoreUnavailableException"/>, those that write also <see cref="OutcomeUnknownException"/>. Every write
/// can be repeated.
/// </summary>
public interface IKeptArtifactStore
{
    /// <summary>
    /// Returns attempts that ended their tasks and left artifacts: those whose artifacts are leaving, then those whose
    /// artifacts are kept, the earliest end first. Leaves out the tasks of open workflows, whose nodes may still need
    /// the files.
    /// </summary>
    Task<ImmutableArray<KeptAttempt>> Oldest(int limit);

    /// <summary>
    /// Marks the artifacts of an attempt as leaving. Returns false, and changes nothing, if the attempt is no longer
    /// the one that ended its task, if the task belongs to an open workflow, or if the artifacts are gone.
    /// </summary>
    Task<bool> Expire(KeptAttempt attempt);

    /// <summary>Marks the artifacts of an attempt as gone, if they are leaving.</summary>
    Task Finish(KeptAttempt attempt);
}

/// <summary>An attempt that ended its task and left artifacts.</summary>
/// <param name="Task">The task.</param>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Token">The token of the attempt's lease, under which the index of files has its artifacts.</param>
public readonly record struct KeptAttempt(TaskId Task, int Attempt, LeaseToken Token);
