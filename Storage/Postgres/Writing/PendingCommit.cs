
namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>A commit in line.</summary>
/// <param name="commit">What to write.</param>
internal sealed class PendingCommit(PartitionCommit commit)
{
    private readonly TaskCompletionSource<CommitResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PartitionCommit Commit => commit;

    /// <summary>What became of it; never fails.</summary>
    internal Task<CommitResult> Completion => completion.Task;

    internal void End(CommitResult result) => completion.TrySetResult(result);
}
