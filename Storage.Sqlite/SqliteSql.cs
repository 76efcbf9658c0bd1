using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The SQLite file, for stores that are written once for both databases.</summary>
/// <param name="database">The open database.</param>
internal sealed partial class SqliteSql(SqliteDatabase database) : ISqlDatabase
{
    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return database.Readers.ShortTask(session => Ended(read(new PlainSession(session.Get, static () => 0))));
    }

    /// <inheritdoc/>
    public Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation) =>
        database.Readers.Scan(session => Ended(read(new PlainSession(session.Get, static () => 0))), cancellation);

    /// <inheritdoc/>
    public Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write) => database.Write(connection =>
        Ended(write(new PlainSession(connection.Get, () => connection.Changes))));

    /// <summary>
    /// Returns a statement as SQLite takes it: without the schema's name, with <c>?1</c> for <c>$1</c>, which SQLite would take for a name,
    /// and without row locks.
    /// </summary>
    internal static string TextOf(string statement) => Texts.GetOrAdd(statement, static text =>
        Locks().Replace(text.Replace("ot.", "", StringComparison.Ordinal).Replace('$', '?'), ""));

    [GeneratedRegex(@"\s+FOR UPDATE( SKIP LOCKED)?")]
    private static partial Regex Locks();

    // Statements run to their end in the call, so nothing is left to wait for.
    private static T Ended<T>(ValueTask<T> run) => run.IsCompleted
        ? run.GetAwaiter().GetResult()
        : throw new InvalidOperationException("A function over a SQLite file must await nothing but its statements.");

    private sealed class PlainSession(Func<string, Statement> get, Func<int> changes) : ISqlSession
    {
        public ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read)
        {
            var prepared = Bound(statement);
            var row = new PlainRow(prepared);
            var rows = new List<T>();
            while (prepared.Step())
                rows.Add(read(row));
            return ValueTask.FromResult(rows);
        }

        public ValueTask<int> Run(SqlStatement statement)
        {
            var prepared = Bound(statement);
            while (prepared.Step())
            {
            }

            return ValueTask.FromResult(changes());
        }

        private Statement Bound(SqlStatement statement)
        {
            var prepared = get(TextOf(statement.Text));
            for (var i = 0; i < statement.Values.Count; i++)
            {
                switch (statement.Values[i])
                {
                    case long number: prepared.Bind(i + 1, number); break;
                    case string text: prepared.Bind(i + 1, text); break;
                    case ReadOnlyMemory<byte> bytes: prepared.Bind(i + 1, bytes.Span); break;
                    case TaskId id: prepared.Bind(i + 1, id); break;
                    case LeaseToken token: prepared.Bind(i + 1, token); break;
                    case var other: throw new NotSupportedException($"No parameter is a {other.GetType().Name}.");
                }
            }

            return prepared;
        }
    }

    private sealed class PlainRow(Statement row) : ISqlRow
    {
        public long Int64(int column) => row.Int64(column);

        public string Text(int column) => row.Text(column)!;

        public ReadOnlyMemory<byte> Bytes(int column) => row.Copy(column);

        public TaskId Id(int column) => row.Id(column);

        public LeaseToken Token(int column) => row.Token(column);
    }
}
