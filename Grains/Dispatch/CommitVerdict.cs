
namespace OrleansTasks.Dispatch;

/// <summary>The outcome of a commit (<see cref="QueueWriter.Write"/>) for its callers and the activation.</summary>
/// <remarks>
/// <code>
/// Landed                 the callers get their replies; the activation continues
/// Landed, Cause          the callers get their replies; then the activation ends, because the writer gave up its epoch
///                        to learn that the commit landed
/// not Landed, Culprit    nothing is on disk; the activation reads the queue again and repeats each operation in a
///                        commit of its own; an operation whose commit is refused fails; if the commit had no
///                        operations, only work that came due, the activation ends
/// not Landed, Cause      the callers get an exception made from Cause; the activation ends
/// </code>
/// When an activation ends, every operation waiting in it fails, and the next call starts a new activation, which reads
/// the store. <paramref name="Culprit"/> explains to operators why the store can never accept the commit. If
/// <paramref name="Landed"/> is false, a <paramref name="Cause"/> of type
/// <see cref="OrleansTasks.Storage.OutcomeUnknownException"/> means that the commit may be on disk; any other cause
/// means that nothing was written.
/// </remarks>
internal readonly record struct CommitVerdict(bool Landed, string? Culprit = null, Exception? Cause = null);
