namespace OrleansTasks.Tasks;

/// <summary>
/// Something a caller wants of a dispatcher. It waits in the inbox, is applied to the core in a round of the commit
/// loop, and is answered once the round is on disk. It may be applied again to a core that was read anew, so applying
/// changes nothing but the core, the draft and the reply.
/// </summary>
internal abstract class DispatchOperation
{
    /// <summary>The line it waits in.</summary>
    public virtual Lane Lane => Lane.Control;

    /// <summary>How much of a round it takes: the number of tasks it concerns, at least 1.</summary>
    public virtual int Weight => 1;

    /// <summary>Bytes it brings in.</summary>
    public virtual long Bytes => 0;

    /// <summary>
    /// Whether the commit of an earlier round with it was refused. It is repeated alone, with what it asks for read
    /// again: a key that another partition has committed meanwhile is known then.
    /// </summary>
    public bool IsSuspect { get; set; }

    /// <summary>Adds what has to be read from the store before it can be applied.</summary>
    public virtual void Ask(Lookup lookup) { }

    /// <summary>
    /// Adds the tasks that it looks for in the core; asked only while not all of them have been read.
    /// </summary>
    public virtual void AskOpen(Lookup lookup) { }

    /// <summary>Applies it to the core and decides its reply.</summary>
    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>
    /// Independent parts that together do what it does, each of which can fail alone; itself when it has none. Once
    /// they are taken, they give its reply.
    /// </summary>
    public virtual IReadOnlyList<DispatchOperation> Split() => [this];

    /// <summary>The round is on disk: gives the reply.</summary>
    public abstract void Complete();

    /// <summary>Nothing came of it.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>
    /// The store refuses for good what it writes, whatever else is in the commit; nothing came of it.
    /// </summary>
    public virtual void Refuse(string detail) =>
        Fail(new InvalidOperationException($"The store refuses what this request writes: {detail}"));
}
