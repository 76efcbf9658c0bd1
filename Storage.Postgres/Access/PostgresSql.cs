using OrleansTasks.Storage.Sql;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Access;

/// <summary>The PostgreSQL database, for stores that are written once for both databases.</summary>
/// <param name="database">The open database.</param>
internal sealed class PostgresSql(PostgresDatabase database) : ISqlDatabase
{
    /// <inheritdoc/>
    public Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
        database.Read(session => read(new PlainSession(session)).AsTask(), cancellation);

    /// <inheritdoc/>
    public Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation) =>
        database.Scan(session => read(new PlainSession(session)).AsTask(), cancellation);

    /// <inheritdoc/>
    public Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write) =>
        database.Write(session => write(new PlainSession(session)).AsTask());

    private static Query QueryOf(SqlStatement statement)
    {
        var query = new Query(statement.Text);
        foreach (var value in statement.Values)
        {
            _ = value switch
            {
                long number => query.Bind(number),
                string text => query.Bind(text),
                ReadOnlyMemory<byte> bytes => query.Bind(bytes),
                TaskId id => query.Bind(id),
                LeaseToken token => query.Bind(token),
                _ => throw new NotSupportedException($"No parameter is a {value.GetType().Name}."),
            };
        }

        return query;
    }

    private sealed class PlainSession(Session session) : ISqlSession
    {
        public async ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read) =>
            await session.All(QueryOf(statement), row => read(new PlainRow(row))).ConfigureAwait(false);

        public async ValueTask<int> Run(SqlStatement statement) => await session.Run(QueryOf(statement)).ConfigureAwait(false);
    }

    private sealed class PlainRow(Row row) : ISqlRow
    {
        public long Int64(int column) => row.Int64(column);

        public string Text(int column) => row.Text(column)!;

        public ReadOnlyMemory<byte> Bytes(int column) => row.Memory(column);

        public TaskId Id(int column) => row.Id(column);

        public LeaseToken Token(int column) => row.Token(column);
    }
}
