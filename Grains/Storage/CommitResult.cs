namespace OrleansTasks.Storage;

/// <summary>What became of a commit.</summary>
/// <param name="Outcome">What became of it; <see cref="CommitOutcome.Committed"/> is the default.</param>
/// <param name="Detail">For operators: what went wrong, without paths; null when it is committed.</param>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>All of it is on disk.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}
