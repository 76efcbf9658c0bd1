namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITaskStore.Commit"/>, which writes what a dispatcher has changed, all or nothing, and never
/// throws: the outcome, and what went wrong. The dispatcher's <c>QueueWriter</c> decides by it how to go on.
/// </summary>
/// <param name="Outcome">How the commit ended.</param>
/// <param name="Detail">
/// What went wrong, for operators. Callers of the API may see it, so it names no path of the server. Null when the
/// commit succeeded.
/// </param>
public readonly record struct CommitResult(CommitOutcome Outcome, string? Detail = null)
{
    /// <summary>The whole commit is on disk. Equal to the default value of this type.</summary>
    public static CommitResult Committed => new(CommitOutcome.Committed);
}
