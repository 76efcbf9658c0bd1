namespace OrleansTasks.Tasks;

/// <summary>
/// Something a caller wants of a dispatcher. It waits in the inbox, is applied to the core in a round of the commit loop, and is
/// answered once the round is on disk.
/// </summary>
internal abstract class DispatchOperation
{
    /// <summary>How much of a round it takes: the number of tasks it concerns, at least 1.</summary>
    public virtual int Weight => 1;

    /// <summary>Bytes it brings in.</summary>
    public virtual long Bytes => 0;

    /// <summary>Adds what has to be read from the store before it can be applied.</summary>
    public virtual void Ask(Lookup lookup) { }

    /// <summary>Adds the tasks that it looks for in the core; asked only while not all of them have been read.</summary>
    public virtual void AskOpen(Lookup lookup) { }

    /// <summary>Applies it to the core and decides its reply.</summary>
    public abstract void Apply(DispatchCore core, Lookup lookup, long now, CommitDraft draft);

    /// <summary>The round is on disk: gives the reply.</summary>
    public abstract void Complete();

    /// <summary>Nothing came of it.</summary>
    public abstract void Fail(Exception exception);
}
