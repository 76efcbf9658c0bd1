
namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>A waiting commit.</summary>
/// <param name="commit">The commit to write.</param>
internal sealed class PendingCommit(QueueCommit commit)
{
    private readonly TaskCompletionSource<CommitResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal QueueCommit Commit => commit;

    /// <summary>The result of the commit. The task never fails.</summary>
    internal Task<CommitResult> Completion => completion.Task;

    internal void End(CommitResult result) => completion.TrySetResult(result);
}
