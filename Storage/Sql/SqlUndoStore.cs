using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>Reads tasks as they were before a cancel or retry.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlUndoStore(ISqlDatabase database) : IUndoStore
{
    private const string OfOperation = """
        SELECT q.name, count(*), max(u.at) FROM ot.undo u JOIN ot.queues q ON q.no = u.queue
        WHERE u.operation = $1 GROUP BY q.no ORDER BY q.no
        """;

    private const string OfQueue = """
        SELECT at, ord, had_dependents, fingerprint, outcome, before FROM ot.undo
        WHERE operation = $1 AND queue = $2 AND task > $3 ORDER BY task LIMIT $4
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoPart>> Parts(TaskId operation) => database.Page(
        new SqlStatement(OfOperation).Bind(operation),
        static row => new UndoPart(row.Text(0), row.Int64(1), row.Int64(2)));

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit) => database.Page(
        new SqlStatement(OfQueue).Bind(operation).Bind(queueNo).Bind(after).Bind(limit),
        row => new UndoRow(operation, TaskRowCodec.Read(row.Bytes(5).Span), row.Int64(0), row.Int64(1))
        {
            HadDependents = row.Boolean(2),
            Fingerprint = row.NullableInt64(3),
            Outcome = (UndoOutcome)row.Int32(4),
        });
}
