namespace OrleansTasks.Storage;

/// <summary>
/// The result of <see cref="ITaskStore.Commit"/>. API callers may see the detail, so it names no server paths.
/// </summary>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>The result of a commit that is wholly on disk. Equal to <c>default</c>.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}
