using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Reads tasks as they were before a cancel or retry from the PostgreSQL database.</summary>
/// <param name="database">The open database.</param>
internal sealed class PostgresUndoStore(PostgresDatabase database) : IUndoStore
{
    private const string OfOperation = """
        SELECT q.name, count(*), max(u.at) FROM ot.undo u JOIN ot.queues q ON q.no = u.queue
        WHERE u.operation = $1 GROUP BY q.no ORDER BY q.no
        """;

    private const string Page = """
        SELECT at, ord, had_dependents, fingerprint, outcome, before FROM ot.undo
        WHERE operation = $1 AND queue = $2 AND task > $3 ORDER BY task LIMIT $4
        """;

    /// <inheritdoc/>
    public async Task<ImmutableArray<UndoPart>> Parts(TaskId operation) =>
    [
        .. await database.Read(session => session.All(
            new Query(OfOperation).Bind(operation), static row => new UndoPart(
                row.Text(0)!, row.Int64(1), row.Int64(2)))).ConfigureAwait(false),
    ];

    /// <inheritdoc/>
    public async Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit)
    {
        var page = new Query(Page).Bind(operation).Bind(queueNo).Bind(after).Bind((long)limit);
        return
        [
            .. await database.Read(session => session.All(
                page, row => new UndoRow(operation, TaskRowCodec.Read(row.Bytes(5)), row.Int64(0), row.Int64(1))
                {
                    HadDependents = row.Boolean(2),
                    Fingerprint = row.IsNull(3) ? null : row.Int64(3),
                    Outcome = (UndoOutcome)row.Int32(4),
                })).ConfigureAwait(false),
        ];
    }
}
