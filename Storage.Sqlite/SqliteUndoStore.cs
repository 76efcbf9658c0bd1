using OrleansTasks.Storage.Encodings;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Reads tasks as they were before a cancel or retry from the SQLite file.</summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteUndoStore(SqliteDatabase database) : IUndoStore
{
    private const string OfOperation = """
        SELECT q.name, count(*), max(u.at) FROM undo u JOIN queues q ON q.no = u.queue
        WHERE u.operation = ?1 GROUP BY q.no ORDER BY q.no
        """;

    private const string Page = """
        SELECT at, ord, had_dependents, fingerprint, outcome, before FROM undo
        WHERE operation = ?1 AND queue = ?2 AND task > ?3 ORDER BY task LIMIT ?4
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoPart>> Parts(TaskId operation) => database.Readers.Long(session =>
    {
        var row = session.Get(OfOperation);
        row.Bind(1, operation);
        var parts = ImmutableArray.CreateBuilder<UndoPart>();
        while (row.Step())
            parts.Add(new UndoPart(row.Text(0)!, row.Int64(1), row.Int64(2)));
        return parts.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<UndoRow>> Read(int queueNo, TaskId operation, long after, int limit) =>
        database.Readers.Long(session =>
        {
            var row = session.Get(Page);
            row.Bind(1, operation);
            row.Bind(2, queueNo);
            row.Bind(3, after);
            row.Bind(4, (long)limit);
            var rows = ImmutableArray.CreateBuilder<UndoRow>();
            while (row.Step())
            {
                rows.Add(new UndoRow(operation, TaskRowCodec.Read(row.Bytes(5)), row.Int64(0), row.Int64(1))
                {
                    HadDependents = row.Int32(2) != 0,
                    Fingerprint = row.IsNull(3) ? null : row.Int64(3),
                    Outcome = (UndoOutcome)row.Int32(4),
                });
            }

            return rows.DrainToImmutable();
        });
}
