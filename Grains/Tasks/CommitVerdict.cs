namespace OrleansTasks.Tasks;

/// <summary>
/// What a dispatcher knows of a commit when it has stopped asking, and what follows:
/// <code>
/// Landed                        its callers get their replies; the activation goes on
/// Landed, Cause                 its callers get their replies; then the activation ends
/// not Landed, Culprit           the partition is read again, and the round's operations are repeated one by one
/// not Landed, Cause             its callers get the cause; the activation ends
/// </code>
/// </summary>
/// <param name="Landed">Whether the commit is known to be on disk.</param>
/// <param name="Culprit">Set when the store refuses something in the commit for good: what, for operators. Nothing is on disk.</param>
/// <param name="Cause">
/// Why this activation cannot go on. An <see cref="OrleansTasks.Storage.OutcomeUnknownException"/>: the commit may be on disk.
/// </param>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
