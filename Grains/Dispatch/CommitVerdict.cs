
namespace OrleansTasks.Dispatch;

/// <summary>
/// What became of a dispatcher's commit. <see cref="QueueWriter.Write"/> returns it; while the outcome is unknown,
/// it asks the store again, for about 8 s. One commit holds everything that the calls (operations) of one round of the
/// dispatcher have changed. The verdict decides what becomes of their callers and of the dispatcher's activation.
/// </summary>
/// <remarks>
/// <code>
/// Landed                 the callers get their replies; the activation goes on
/// Landed, Cause          the callers get their replies; then the activation ends, because the writer had to
///                        give up its epoch (ownership number) to learn that the commit landed
/// not Landed, Culprit    nothing is on disk; the activation reads the queue again and repeats each operation
///                        in a commit of its own; an operation that is refused there fails.
///                        A refused commit without operations, of what came due only, ends the activation
/// not Landed, Cause      the callers get an exception that is made from Cause; the activation ends
/// </code>
/// When an activation ends, all operations that still wait in it fail, too. The next call starts a new activation,
/// which reads the store.
/// </remarks>
/// <param name="Landed">
/// Whether the commit is known to be on disk. False can also mean that nobody knows: see <paramref name="Cause"/>.
/// </param>
/// <param name="Culprit">
/// What is wrong with the commit, in words for operators, when the store can never take it as it is; else null.
/// </param>
/// <param name="Cause">
/// Why this activation cannot go on; null while it can. Without <paramref name="Landed"/>, an
/// <see cref="OrleansTasks.Storage.OutcomeUnknownException"/> means that the commit may be on disk; any other exception
/// means that nothing is.
/// </param>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
