namespace OrleansTasks.Tasks;

/// <summary>
/// A caller's request to a dispatcher. It waits in the inbox, is applied to the core in a round of the commit loop, and is answered once
/// the round is on disk. A round calls <see cref="Ask"/>, <see cref="AskOpen"/> while the partition is being recovered,
/// <see cref="Apply"/>, <see cref="Look"/>, and then one of <see cref="Complete"/>, <see cref="Fail"/> and <see cref="Refuse"/>. When the store refuses the
/// commit, a later round repeats all that with a new core, so applying changes nothing but the core, the draft and the reply.
/// </summary>
internal abstract class DispatchOperation
{
    /// <summary>The lane of the inbox that it waits in.</summary>
    public virtual Lane Lane => Lane.Control;

    /// <summary>How much of a round it takes: the number of tasks it concerns, at least 1. Never changes.</summary>
    public virtual int Weight => 1;

    /// <summary>How many bytes of specs, results or items it brings in. Never changes.</summary>
    public virtual long Bytes => 0;

    /// <summary>
    /// Whether the store refused the commit of an earlier round with this operation. It is repeated in a round of its own, and fails if
    /// that is refused, too. What it asks for is read again, so an idempotency key that another partition has committed is found then.
    /// </summary>
    public bool IsSuspect { get; set; }

    /// <summary>Adds what has to be read from the store before it can be applied.</summary>
    public virtual void Ask(Lookup lookup) { }

    /// <summary>
    /// Adds the tasks that <see cref="Apply"/> looks for in the core. Called only while the core does not have all open tasks yet: those
    /// that are found are loaded first.
    /// </summary>
    public virtual void AskOpen(Lookup lookup) { }

    /// <summary>Applies it to the core and decides its reply. An exception ends the activation.</summary>
    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>
    /// Called after all operations of the round were applied and tasks were assigned. An operation that only asks decides its reply here:
    /// between two operations a task may be in a state that is never stored.
    /// </summary>
    public virtual void Look(DispatchCore core) { }

    /// <summary>
    /// Independent parts that together do what it does, each of which can fail alone; itself when it has none. The caller enqueues the
    /// parts in its place: when all of them are done, they complete it or fail it.
    /// </summary>
    public virtual IReadOnlyList<DispatchOperation> Split() => [this];

    /// <summary>The round is on disk: gives the reply.</summary>
    public abstract void Complete();

    /// <summary>Gives the caller an exception: nothing was written, or the exception says that nobody knows.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>
    /// The store refuses for good what it writes, whatever else is in the commit; nothing of it was written.
    /// </summary>
    public virtual void Refuse(string detail) =>
        Fail(new InvalidOperationException($"The store refuses what this request writes: {detail}"));
}
