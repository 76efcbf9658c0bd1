using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Something to write in a transaction, possibly together with others.</summary>
internal abstract class WriteJob
{
    /// <summary>Whether a full disk's reserve is for this: it ends, cancels or deletes, and adds hardly anything.</summary>
    internal bool MayUseReserve { get; init; }

    /// <summary>
    /// Writes; false when what it wrote must be undone, which is an answer and no failure. May run more than once, each
    /// time after an undo. Constraint violations count as false and are told to <see cref="Refused"/>.
    /// </summary>
    internal abstract bool Execute(Connection connection);

    /// <summary>It is on disk.</summary>
    internal abstract void Committed();

    /// <summary>Nothing of it was written: <see cref="Execute"/> said so, or a constraint did.</summary>
    internal abstract void Refused(SqliteFault? constraint);

    /// <summary>Nothing of it was written: the store could not.</summary>
    internal abstract void Failed(string detail);

    /// <summary>Nobody can say whether it was written.</summary>
    internal abstract void Unknown(string detail);
}
