using OrleansTasks.Rollouts;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Reads rollouts from the SQLite file.</summary>
/// <param name="database">The open database.</param>
internal sealed class SqliteRolloutStore(SqliteDatabase database) : IRolloutStore
{
    private const string RowColumns = """
        SELECT r.key, r.id, r.name, r.count, r.started_at, r.had_secrets, r.state, r.wave, r.wave_ended_at, r.ended_at,
            r.cancel_requested_at, r.tolerated, r.away, r.open, r.succeeded, r.failed
        """;

    private const string Columns = RowColumns + ", q.name, q.no, s.spec";

    private const string Tables =
        " FROM rollouts r JOIN queues q ON q.no = r.queue JOIN rollout_specs s ON s.rollout = r.key";

    // States 0 and 1 are running and halted.
    private const string OpenOfQueue = $"""
        {Columns}, e.env {Tables} LEFT JOIN rollout_secrets e ON e.rollout = r.key
        WHERE r.state < 2 AND r.queue = ?1 AND r.key > ?2 ORDER BY r.key LIMIT ?3
        """;

    private const string OfId = $"{Columns} {Tables} WHERE r.id = ?1";

    private const string Listed = $"{Columns} {Tables} WHERE ?1 IS NULL OR r.id < ?1 ORDER BY r.id DESC LIMIT ?2";

    // The first condition lets SQLite use the index of open rollouts.
    private const string OfHalted = $"""
        {RowColumns} FROM rollouts r WHERE r.state < 2 AND r.state = 1 ORDER BY r.wave_ended_at, r.id LIMIT ?1
        """;

    private const string WithRollouts =
        "SELECT name FROM queues q WHERE EXISTS (SELECT 1 FROM rollouts r WHERE r.queue = q.no AND r.state < 2)";

    private const string OfRollout = """
        SELECT n.rollout, n.place, n.node, n.state, n.tries, n.task
        FROM rollouts r JOIN rollout_nodes n ON n.rollout = r.key
        WHERE r.id = ?1 AND (?2 IS NULL OR n.state = ?2) AND n.place > ?3 ORDER BY n.place LIMIT ?4
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> LoadOpen(int queueNo, long after, int limit) =>
        database.Readers.Long(session =>
        {
            var row = session.Get(OpenOfQueue);
            row.Bind(1, queueNo);
            row.Bind(2, after);
            row.Bind(3, (long)limit);
            return Read(row, hasSecrets: true);
        });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => database.Readers.ShortTask(session =>
    {
        var row = session.Get(WithRollouts);
        var found = ImmutableArray.CreateBuilder<string>();
        while (row.Step())
            found.Add(row.Text(0)!);
        return found.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<StoredRollout?> Get(TaskId id) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(OfId);
        row.Bind(1, id);
        return Read(row, hasSecrets: false) is [var found] ? found : null;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> List(TaskId? before, int limit) => database.Readers.Long(session =>
    {
        var row = session.Get(Listed);
        if (before is { } last)
            row.Bind(1, last);
        else
            row.BindNull(1);
        row.Bind(2, (long)limit);
        return Read(row, hasSecrets: false);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutRow>> Halted(int limit) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(OfHalted);
        row.Bind(1, (long)limit);
        var found = ImmutableArray.CreateBuilder<RolloutRow>();
        while (row.Step())
            found.Add(RowOf(row));
        return found.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutNodeRow>> Nodes(TaskId id, RolloutNodeState? state, int after, int limit) =>
        database.Readers.Long(session =>
        {
            var row = session.Get(OfRollout);
            row.Bind(1, id);
            row.BindNullable(2, (int?)state);
            row.Bind(3, (long)after);
            row.Bind(4, (long)limit);
            var nodes = ImmutableArray.CreateBuilder<RolloutNodeRow>();
            while (row.Step())
                nodes.Add(new RolloutNodeRow(
                    row.Int64(0), row.Int32(1), row.Text(2)!, (RolloutNodeState)row.Int32(3), row.Int32(4),
                    row.NullableId(5)));
            return nodes.DrainToImmutable();
        });

    private static ImmutableArray<StoredRollout> Read(Statement row, bool hasSecrets)
    {
        var found = ImmutableArray.CreateBuilder<StoredRollout>();
        while (row.Step())
        {
            found.Add(new StoredRollout(
                row.Text(16)!, row.Int32(17), RowOf(row), row.Copy(18), hasSecrets ? row.Copy(19) : default));
        }

        return found.DrainToImmutable();
    }

    private static RolloutRow RowOf(Statement row) => new(
        row.Int64(0), row.Id(1), row.Text(2)!, row.Int32(3), row.Int64(4), row.Int32(5) != 0)
    {
        State = (RolloutState)row.Int32(6),
        Wave = row.Int32(7),
        WaveEndedAt = row.Int64(8),
        EndedAt = row.Int64(9),
        CancelRequestedAt = row.Int64(10),
        Tolerated = row.Int32(11),
        Away = row.Int32(12),
        Open = row.Int32(13),
        Succeeded = row.Int32(14),
        Failed = row.Int32(15),
    };
}
