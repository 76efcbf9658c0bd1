namespace OrleansTasks.Storage;

/// <summary>The answer of <see cref="ITaskStore.Commit"/>. API callers may see the detail: no server paths.</summary>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>The whole commit is on disk; equals the default value.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}
