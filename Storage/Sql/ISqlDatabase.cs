using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// A database, for stores whose statements are written once for SQLite and PostgreSQL. A statement may use what both
/// know: <c>RETURNING</c>, <c>ON CONFLICT … DO UPDATE</c> with <c>excluded</c>, recursive <c>WITH</c>, row values,
/// <c>true</c> and <c>false</c>. It names tables with the schema, <c>ot.files</c>, and parameters <c>$1</c>.
/// Methods throw what <see cref="StoreUnavailableException"/>, <see cref="StoreRefusedException"/> and
/// <see cref="OutcomeUnknownException"/> say.
/// </summary>
/// <remarks>
/// Syntax for only one of the databases:
/// <code>
/// FOR UPDATE at the end of a line; LOCK TABLE …; SELECT ot.lock(…)   PostgreSQL; SQLite has one writer
/// /*INDEXED BY name*/                                                SQLite, like everything in such a comment
/// </code>
/// </remarks>
internal interface ISqlDatabase
{
    /// <summary>
    /// Whether the process that opened the database is the only service that writes to it. Tools may still add and
    /// revoke keys.
    /// </summary>
    bool HasOneService { get; }

    /// <summary>Reads with a few short statements. Each statement may see a different snapshot.</summary>
    Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default);

    /// <summary>
    /// Like <see cref="Read"/>, for up to some thousand rows. SQLite reads them away from the caller's thread.
    /// </summary>
    Task<T> ReadPage<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default);

    /// <summary>Reads with statements that may walk many rows.</summary>
    Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation);

    /// <summary>Writes in a transaction. The function may run twice; the first run is then rolled back.</summary>
    Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write);

    /// <summary>
    /// Like <see cref="Write"/>, for upkeep that frees space. In SQLite it gives way to other writes.
    /// </summary>
    Task<T> WriteInBackground<T>(Func<ISqlSession, ValueTask<T>> write);
}

/// <summary>Runs statements, one after the other. Those of a SQLite file run to their end in the call.</summary>
internal interface ISqlSession
{
    /// <summary>Runs a statement and returns its rows.</summary>
    ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read);

    /// <summary>Runs a statement and returns the number of rows that it changed.</summary>
    ValueTask<int> Run(SqlStatement statement);

    /// <summary>
    /// Runs statements in one round trip to the server and returns the number of rows that they changed in total.
    /// </summary>
    ValueTask<int> RunAll(params IReadOnlyList<SqlStatement> statements);
}

/// <summary>The current row. Columns count from 0.</summary>
internal interface ISqlRow
{
    /// <summary>Whether the column is NULL.</summary>
    bool IsNull(int column);

    /// <summary>Reads a boolean: 0 or 1 in SQLite.</summary>
    bool Boolean(int column);

    /// <summary>Reads an integer.</summary>
    int Int32(int column);

    /// <summary>Reads a bigint.</summary>
    long Int64(int column);

    /// <summary>Reads a text.</summary>
    string Text(int column);

    /// <summary>Reads a text or NULL.</summary>
    string? NullableText(int column);

    /// <summary>Reads a text that many rows share. SQLite may return one string for all of them.</summary>
    string Name(int column);

    /// <summary>Reads a text as UTF-8; empty for NULL.</summary>
    ReadOnlySpan<byte> Utf8(int column);

    /// <summary>Reads bytes; empty for NULL.</summary>
    ReadOnlyMemory<byte> Bytes(int column);

    /// <summary>Reads an id: a uuid, or 16 bytes in SQLite.</summary>
    TaskId Id(int column);

    /// <summary>Reads an id or NULL. Returns null also for bytes in a SQLite file that are not an id.</summary>
    TaskId? NullableId(int column);

    /// <summary>Reads a token, which is stored as ids are.</summary>
    LeaseToken Token(int column);
}
