
namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// A caller's request to a dispatcher (<see cref="TaskDispatcherGrain"/>). It waits in the <see cref="Inbox"/>, is
/// applied to the core in a round of the commit loop together with other operations, and is answered once the round's
/// one commit is on disk, or at once if there is nothing to write.
/// </summary>
/// <remarks>
/// A round calls these methods, in this order:
/// <code>
/// Ask                    what must be read from the store
/// AskOpen                during recovery: which tasks must be read, because the core may not have them yet
/// (the read)             fails: Fail for the operations that asked; the others go on without them
/// Apply                  changes the core and the draft, decides the reply
/// Look                   after all operations were applied and ready tasks were assigned; may still decide the reply;
///                        an exception: Fail
/// (the commit)           on disk: Complete, also when that was unknown for a while
///                        failed, or still unknown: Fail, and the activation ends
///                        refused for its data: Split; each part is repeated alone, with a new core, as a suspect
///                        refused in the round of a suspect: Refuse
/// </code>
/// So <see cref="Apply"/> may run twice. It must change nothing but the core, the round's lookup and draft, and the
/// reply. Operations that still wait when the activation ends get Fail, too.
/// </remarks>
internal abstract class DispatchOperation
{
    /// <summary>The lane of the inbox in which the operation waits.</summary>
    public virtual Lane Lane => Lane.Control;

    /// <summary>
    /// How much of a round the operation takes: the number of tasks that it concerns, at least 1. Never changes.
    /// </summary>
    public virtual int Weight => 1;

    /// <summary>How many bytes of specs, results or items the operation brings in. Never changes.</summary>
    public virtual long Bytes => 0;

    /// <summary>
    /// Whether the operation was in a round whose commit the store refused. A suspect is repeated in a round of its
    /// own, and <see cref="Refuse"/> is called if the store refuses that, too. What the operation asks for is read
    /// again: an idempotency key that another queue has stored meanwhile is found then, and answered.
    /// </summary>
    public bool IsSuspect { get; set; }

    /// <summary>Adds what has to be read from the store before the operation can be applied.</summary>
    public virtual void Ask(Lookup lookup) { }

    /// <summary>
    /// Adds the tasks that <see cref="Apply"/> looks for in the core. Called only during recovery, while the core does
    /// not have all open tasks. The added tasks that are open are loaded into the core before <see cref="Apply"/>.
    /// </summary>
    public virtual void AskOpen(Lookup lookup) { }

    /// <summary>
    /// Applies the operation to the core and decides the reply. Must not throw: an exception ends the activation and
    /// fails all operations that wait there.
    /// </summary>
    /// <param name="core">The core. After a refused commit, the repetition gets a new one.</param>
    /// <param name="lookup">
    /// What was read for <see cref="Ask"/> and <see cref="AskOpen"/>, for all operations of the round.
    /// </param>
    /// <param name="now">The time of the round, in Unix milliseconds; the same for all operations of the round.</param>
    /// <param name="draft">Gets the changes to write and the commands to send.</param>
    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>
    /// Called after all operations of the round were applied and ready tasks were assigned. An operation that asks
    /// about one task decides its reply here, because between two operations a task may be in a state that is never
    /// stored. Must change nothing. An exception fails this operation alone: a read never ends the activation.
    /// </summary>
    public virtual void Look(DispatchCore core, long now) { }

    /// <summary>
    /// Splits the operation into independent parts, each of which can fail alone; returns the operation itself if it
    /// has no parts. The caller enqueues the parts instead. When all parts are done, the operation completes or fails
    /// by itself.
    /// </summary>
    public virtual IReadOnlyList<DispatchOperation> Split() => [this];

    /// <summary>Gives the caller the reply: the round is on disk, or needed no commit.</summary>
    public abstract void Complete();

    /// <summary>
    /// Gives the caller an exception. Nothing was written, except that an
    /// <see cref="Storage.OutcomeUnknownException"/> leaves it open.
    /// </summary>
    public abstract void Fail(Exception exception);

    /// <summary>
    /// The store has refused the commit of a round with this operation alone, as it would refuse any repetition.
    /// Nothing was written. Gives the caller an exception, unless overridden.
    /// </summary>
    public virtual void Refuse(string detail) =>
        Fail(new InvalidOperationException($"The store refuses what this request writes: {detail}"));
}
