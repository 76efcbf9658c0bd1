namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITaskStore.Commit"/>, which never throws: the outcome, and what went wrong.
/// </summary>
/// <param name="Outcome">How the commit ended.</param>
/// <param name="Detail">
/// What went wrong, for operators. Callers of the API may see it, so it names no path of the server. Null when the
/// commit succeeded.
/// </param>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>The whole commit is on disk. The default value of this type is equal to it.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}
