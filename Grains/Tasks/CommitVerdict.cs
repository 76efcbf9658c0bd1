namespace OrleansTasks.Tasks;

/// <summary>
/// What became of a dispatcher's commit, as <see cref="PartitionWriter.Write"/> found out; it asks the store again
/// while the outcome is unknown. A dispatcher commits everything that the operations of one round changed, and the
/// verdict decides what becomes of the operations' callers and of the activation.
/// </summary>
/// <remarks>
/// <code>
/// Landed                 the callers get their replies; the activation goes on
/// Landed, Cause          the callers get their replies; then the activation ends: finding out took its epoch
/// not Landed, Culprit    nothing is on disk; the partition is read again, and the operations are repeated one
///                        by one until one is refused alone, which fails; without operations: as with Cause
/// not Landed, Cause      the callers get an exception by the cause; the activation ends
/// </code>
/// When an activation ends, all operations that still wait in it fail, too. The next call activates the dispatcher
/// anew, and it reads the store.
/// </remarks>
/// <param name="Landed">
/// Whether the commit is known to be on disk. False can also mean that nobody knows: see Cause.
/// </param>
/// <param name="Culprit">
/// Set when the store refuses something in the commit for good: what is wrong with it, for operators.
/// </param>
/// <param name="Cause">
/// Why this activation cannot go on; null while it can. Without <paramref name="Landed"/>, an
/// <see cref="OrleansTasks.Storage.OutcomeUnknownException"/> means that the commit may be on disk; any other exception
/// means that nothing is.
/// </param>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
