using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The SQLite file, for stores that are written once for both databases.</summary>
/// <param name="database">The open database.</param>
internal sealed partial class SqliteSql(SqliteDatabase database) : ISqlDatabase
{
    // By reference, which is faster than by value: a text is usually a constant.
    private static readonly ConditionalWeakTable<string, string> Texts = [];

    /// <inheritdoc/>
    public bool HasOneService => true;

    /// <inheritdoc/>
    public Task<T> Read<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        return database.Readers.ShortTask(session => Ended(read(new PlainSession(session.Get))));
    }

    /// <inheritdoc/>
    public Task<T> ReadPage<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation = default) =>
        database.Readers.Long(session => Ended(read(new PlainSession(session.Get))), cancellation);

    /// <inheritdoc/>
    public Task<T> Scan<T>(Func<ISqlSession, ValueTask<T>> read, CancellationToken cancellation) =>
        database.Readers.Scan(session => Ended(read(new PlainSession(session.Get))), cancellation);

    /// <inheritdoc/>
    public Task<T> Write<T>(Func<ISqlSession, ValueTask<T>> write) =>
        database.Write(connection => Run(connection, write));

    /// <inheritdoc/>
    public Task<T> WriteInBackground<T>(Func<ISqlSession, ValueTask<T>> write) =>
        database.WriteInBackground(connection => Run(connection, write));

    /// <summary>Runs statements of both databases in a transaction.</summary>
    internal static void RunAll(Connection connection, params IReadOnlyList<SqlStatement> statements) =>
        Run(connection, session => session.RunAll(statements));

    /// <summary>Runs a function of both databases on a connection, in whatever transaction that has.</summary>
    internal static T Run<T>(Connection connection, Func<ISqlSession, ValueTask<T>> run) =>
        Ended(run(Over(connection)));

    /// <summary>
    /// Returns a statement as SQLite takes it: without the schema's name, with <c>?1</c> for <c>$1</c>, which SQLite would take for a name,
    /// without locks, and with the contents of comments as SQL. Returns an empty text for a statement that only locks.
    /// </summary>
    internal static string TextOf(string statement) => Texts.GetValue(statement, static text => OnlyLocks().IsMatch(text)
        ? ""
        : RowLocks().Replace(text, "").Replace("ot.", "", StringComparison.Ordinal).Replace('$', '?')
            .Replace("/*", "", StringComparison.Ordinal).Replace("*/", "", StringComparison.Ordinal));

    [GeneratedRegex(@"\s+FOR UPDATE( SKIP LOCKED)?")]
    private static partial Regex RowLocks();

    [GeneratedRegex(@"^(LOCK TABLE |SELECT ot\.lock\()")]
    private static partial Regex OnlyLocks();

    private static PlainSession Over(Connection connection) => new(connection.Get);

    // Statements run to their end in the call, so nothing is left to wait for.
    private static T Ended<T>(ValueTask<T> run) => run.IsCompleted
        ? run.GetAwaiter().GetResult()
        : throw new InvalidOperationException("A function over a SQLite file must await nothing but its statements.");

    private sealed class PlainSession(Func<string, Statement> get) : ISqlSession
    {
        public ValueTask<List<T>> All<T>(SqlStatement statement, Func<ISqlRow, T> read)
        {
            var prepared = Bound(TextOf(statement.Text), statement.Values);
            var row = new StatementRow(prepared);
            var rows = new List<T>();
            while (prepared.Step())
                rows.Add(read(row));
            return ValueTask.FromResult(rows);
        }

        public ValueTask<int> Run(SqlStatement statement)
        {
            if (TextOf(statement.Text) is not { Length: > 0 } text)
                return ValueTask.FromResult(0);
            return ValueTask.FromResult(Bound(text, statement.Values).Run());
        }

        public ValueTask<int> RunAll(params IReadOnlyList<SqlStatement> statements)
        {
            var changed = 0;
            foreach (var statement in statements)
                changed += Ended(Run(statement));
            return ValueTask.FromResult(changed);
        }

        private Statement Bound(string text, IReadOnlyList<object> values)
        {
            var prepared = get(text);
            for (var i = 0; i < values.Count; i++)
            {
                switch (values[i])
                {
                    case long number: prepared.Bind(i + 1, number); break;
                    case bool truth: prepared.Bind(i + 1, truth); break;
                    case string known: prepared.Bind(i + 1, known); break;
                    case SqlUtf8 known: prepared.BindUtf8(i + 1, known.Bytes.Span); break;
                    case ReadOnlyMemory<byte> bytes: prepared.Bind(i + 1, bytes.Span); break;
                    case TaskId id: prepared.Bind(i + 1, id); break;
                    case LeaseToken token: prepared.Bind(i + 1, token); break;
                    case SqlNull: prepared.BindNull(i + 1); break;
                    case var other: throw new NotSupportedException($"No parameter is a {other.GetType().Name}.");
                }
            }

            return prepared;
        }
    }
}
