using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch.Operations;

/// <summary>
/// A caller's request to a dispatcher. It waits in the <see cref="Inbox"/>, is applied in a round of the commit loop
/// with others, and is answered once the round's commit is on disk, or at once if there is nothing to write.
/// </summary>
/// <remarks>
/// <code>
/// Ask           what to read from the store
/// AskOpen       during recovery: the tasks that Apply looks for; the open ones are loaded into the core
/// (the read)    fails: Fail for the operations that asked; the others continue
/// Apply         changes the core and the draft, decides the reply; an exception ends the activation
/// Look          after ready tasks were assigned: may decide the reply, changes nothing; an exception: Fail
/// (the commit)  on disk: Complete, even if that was unknown for a while
///               failed, or still unknown: Fail, and the activation ends
///               refused for its data: Split; each part is repeated alone, with a new core, as a suspect
///               refused in the round of a suspect: repeated once more if it TryReduce, otherwise Refuse
/// </code>
/// Apply may run twice, so it changes nothing but the core, the round's lookup and draft, and the reply. Operations
/// that still wait when the activation ends get Fail.
/// </remarks>
internal abstract class DispatchOperation
{
    public virtual Lane Lane => Lane.Control;

    /// <summary>Whether the loop must read all waiting tasks of the queue before it applies the operation.</summary>
    public virtual bool NeedsAllWaiting => false;

    /// <summary>Roughly the number of tasks that the operation concerns, at least 1. Never changes.</summary>
    public virtual int Weight => 1;

    /// <summary>The bytes of specs, results or items that the operation brings in. Never changes.</summary>
    public virtual long Bytes => 0;

    /// <summary>
    /// Whether the store refused a commit that included this operation. The operation then reads the store again in its
    /// own round, where it finds an idempotency key that another queue has stored since.
    /// </summary>
    public bool IsSuspect { get; set; }

    public virtual void Ask(Lookup lookup) { }

    public virtual void AskOpen(Lookup lookup) { }

    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>
    /// Decides a reply about one task. Between operations, its state could be one that is never stored.
    /// </summary>
    public virtual void Look(DispatchCore core, long now) { }

    /// <summary>
    /// Returns parts that can fail separately, or just this operation. It ends when its last part has ended.
    /// </summary>
    public virtual IReadOnlyList<DispatchOperation> Split() => [this];

    /// <summary>
    /// What was left out or given up although no caller is told, once the store has refused the operation alone; null
    /// if the caller is told.
    /// </summary>
    public virtual string? SetAside => null;

    /// <summary>
    /// Leaves out what the store may have refused, if something of the operation remains, and returns whether to repeat
    /// it. Called when the store has refused the operation alone.
    /// </summary>
    public virtual bool TryReduce(string detail) => false;

    public abstract void Complete();

    /// <summary>
    /// Fails the caller. Nothing was written, unless this is an <see cref="OutcomeUnknownException"/>.
    /// </summary>
    public abstract void Fail(Exception exception);

    /// <summary>Fails the caller, because the store will always refuse this operation. Nothing was written.</summary>
    public virtual void Refuse(string detail) =>
        Fail(new StoreRefusedException($"The store refused the write of this request: {detail}"));
}
