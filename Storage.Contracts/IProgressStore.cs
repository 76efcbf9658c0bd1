using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What attempts report of their progress. It is not part of a queue's commits: a row counts as long as its token is
/// that of the task's latest attempt. Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IProgressStore
{
    /// <summary>
    /// Stores reports in one transaction. Reports of attempts that are not the latest of their tasks change nothing.
    /// </summary>
    Task Write(IReadOnlyList<ProgressRow> rows);

    /// <summary>
    /// Returns the progress of at most <paramref name="limit"/> tasks that nodes hold, the latest reports first.
    /// </summary>
    Task<ImmutableArray<RunningProgress>> Latest(int limit);
}

/// <summary>One attempt's report.</summary>
/// <param name="Task">The task.</param>
/// <param name="Token">The token of the attempt.</param>
/// <param name="Progress">The progress.</param>
public sealed record ProgressRow(TaskId Task, LeaseToken Token, TaskProgress Progress);
