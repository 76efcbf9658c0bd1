using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>A write in a transaction, which it may share with others.</summary>
internal abstract class WriteJob
{
    /// <summary>
    /// Whether the write may use a full disk's reserve, because it ends, cancels or deletes and adds hardly anything.
    /// </summary>
    internal bool MayUseReserve { get; init; }

    /// <summary>
    /// Writes. Returns false if the writes must be undone, which is a regular answer and not a failure. May run more
    /// than once, each time after a rollback. A constraint violation counts as false and is passed to
    /// <see cref="Refused"/>.
    /// </summary>
    internal abstract bool Execute(Connection connection);

    /// <summary>Called when the write is on disk.</summary>
    internal abstract void Committed();

    /// <summary>
    /// Called when nothing was written because <see cref="Execute"/> returned false (null), or violated a constraint.
    /// </summary>
    internal abstract void Refused(SqliteFault? constraint);

    /// <summary>Called when nothing was written because the store failed.</summary>
    internal abstract void Failed(string detail);

    /// <summary>Called when it is unknown whether the write is on disk.</summary>
    internal abstract void Unknown(string detail);
}
