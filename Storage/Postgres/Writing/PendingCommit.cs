
namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>A commit in line.</summary>
/// <param name="commit">What to write.</param>
internal sealed class PendingCommit(QueueCommit commit)
{
    private readonly TaskCompletionSource<CommitResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal QueueCommit Commit => commit;

    /// <summary>What became of it; never fails.</summary>
    internal Task<CommitResult> Completion => completion.Task;

    internal void End(CommitResult result) => completion.TrySetResult(result);
}
