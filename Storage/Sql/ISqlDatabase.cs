using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// A database, for stores whose statements are written once for SQLite and PostgreSQL. What a statement may use is what both know:
/// <c>RETURNING</c>, <c>ON CONFLICT … DO UPDATE</c> with <c>excluded</c>, recursive <c>WITH</c>, row values. It names tables with the schema,
/// <c>ot.files</c>, parameters <c>$1</c>, and may lock rows with <c>FOR UPDATE</c> at the end of a line; SQLite, which has one writer, leaves that out.
/// Methods throw what <see cref="StoreUnavailableException"/>, <see cref="StoreRefusedException"/> and
/// <see cref="OutcomeUnknownException"/> say.
/// </summary>
internal interface ISqlDatabase
{
    /// <summary>Reads with few and short statements, of which each may see another moment.</summary>
    Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default);

    /// <summary>Reads with statements that may walk many rows.</summary>
    Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation);

    /// <summary>Writes in a transaction. The function may run twice; the first run is then rolled back.</summary>
    Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write);
}

/// <summary>Runs statements, one after the other. Those of a SQLite file run to their end in the call.</summary>
internal interface ISqlSession
{
    /// <summary>Runs a statement and returns its rows.</summary>
    ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read);

    /// <summary>Runs a statement and returns the number of rows that it changed.</summary>
    ValueTask<int> Run(SqlStatement statement);
}

/// <summary>The current row. Columns count from 0.</summary>
internal interface ISqlRow
{
    /// <summary>Reads a bigint.</summary>
    long Int64(int column);

    /// <summary>Reads a text.</summary>
    string Text(int column);

    /// <summary>Reads bytes; empty for NULL.</summary>
    ReadOnlyMemory<byte> Bytes(int column);

    /// <summary>Reads an id: a uuid, or 16 bytes in SQLite.</summary>
    TaskId Id(int column);

    /// <summary>Reads a token, which is stored as ids are.</summary>
    LeaseToken Token(int column);
}
