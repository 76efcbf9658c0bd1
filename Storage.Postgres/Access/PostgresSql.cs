using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>The PostgreSQL database, for stores that are written once for both databases.</summary>
/// <param name="database">The open database.</param>
internal sealed class PostgresSql(PostgresDatabase database) : ISqlDatabase
{
    /// <inheritdoc/>
    public bool HasOneService => false;

    /// <inheritdoc/>
    public Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
        database.Read(session => read(Over(session)).AsTask(), cancellation);

    /// <inheritdoc/>
    public Task<T> ReadPage<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
        Read(read, cancellation);

    /// <inheritdoc/>
    public Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation) =>
        database.Scan(session => read(Over(session)).AsTask(), cancellation);

    /// <inheritdoc/>
    public Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write) =>
        database.Write(session => write(Over(session)).AsTask());

    /// <inheritdoc/>
    public Task<T> WriteInBackground<T>(Func<ISqlSession, ValueTask<T>> write) => Write(write);

    /// <summary>Returns the session for functions of both databases.</summary>
    internal static ISqlSession Over(Session session) => new PlainSession(session);

    /// <summary>Returns the statement with its parameters as PostgreSQL takes them.</summary>
    internal static Query QueryOf(SqlStatement statement)
    {
        var query = new Query(statement.Text);
        foreach (var value in statement.Values)
        {
            _ = value switch
            {
                long number => query.Bind(number),
                bool truth => query.Bind(truth),
                string text => query.Bind(text),
                SqlUtf8 text => query.BindUtf8(text.Bytes.Span),
                ReadOnlyMemory<byte> bytes => query.Bind(bytes),
                TaskId id => query.Bind(id),
                LeaseToken token => query.Bind(token),
                SqlNull.Number => query.Bind((long?)null),
                SqlNull.Boolean => query.Bind((bool?)null),
                SqlNull.Text => query.Bind((string?)null),
                SqlNull.Id => query.Bind((TaskId?)null),
                _ => throw new NotSupportedException($"No parameter is a {value.GetType().Name}."),
            };
        }

        return query;
    }

    private sealed class PlainSession(Session session) : ISqlSession
    {
        public async ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read)
        {
            ResultRow? plain = null;
            return await session.All(QueryOf(statement), row => read(plain ??= new ResultRow(row)))
                .ConfigureAwait(false);
        }

        public async ValueTask<int> Run(SqlStatement statement) => await session.Run(QueryOf(statement)).ConfigureAwait(false);

        public async ValueTask<int> RunAll(params IReadOnlyList<SqlStatement> statements) =>
            await session.RunAll([.. statements.Select(QueryOf)]).ConfigureAwait(false);
    }
}
