using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>Reads rollouts.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlRolloutStore(ISqlDatabase database) : IRolloutStore
{
    private const string RowColumns = """
        SELECT r.key, r.id, r.name, r.count, r.started_at, r.had_secrets, r.state, r.wave, r.wave_ended_at, r.ended_at,
            r.cancel_requested_at, r.tolerated, r.away, r.open, r.succeeded, r.failed
        """;

    private const string Columns = RowColumns + ", q.name, q.no, s.spec";

    private const string Tables =
        " FROM ot.rollouts r JOIN ot.queues q ON q.no = r.queue JOIN ot.rollout_specs s ON s.rollout = r.key";

    // States 0 and 1 are running and halted.
    private const string OpenOfQueue = $"""
        {Columns}, e.env {Tables} LEFT JOIN ot.rollout_secrets e ON e.rollout = r.key
        WHERE r.state < 2 AND r.queue = $1 AND r.key > $2 ORDER BY r.key LIMIT $3
        """;

    private const string OfId = $"{Columns} {Tables} WHERE r.id = $1";

    private const string Listed = $"{Columns} {Tables} WHERE $1 IS NULL OR r.id < $1 ORDER BY r.id DESC LIMIT $2";

    // The first condition lets SQLite use the index of open rollouts.
    private const string OfHalted = $"""
        {RowColumns} FROM ot.rollouts r WHERE r.state < 2 AND r.state = 1 ORDER BY r.wave_ended_at, r.id LIMIT $1
        """;

    private const string WithRollouts =
        "SELECT name FROM ot.queues q WHERE EXISTS (SELECT 1 FROM ot.rollouts r WHERE r.queue = q.no AND r.state < 2)";

    private const string OfRollout = """
        SELECT n.rollout, n.place, n.node, n.state, n.tries, n.task
        FROM ot.rollouts r JOIN ot.rollout_nodes n ON n.rollout = r.key
        WHERE r.id = $1 AND ($2 IS NULL OR n.state = $2) AND n.place > $3 ORDER BY n.place LIMIT $4
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> LoadOpen(int queueNo, long after, int limit) => database.Page(
        new SqlStatement(OpenOfQueue).Bind(queueNo).Bind(after).Bind(limit), static row => Read(row) with { SecretEnv = row.Bytes(19) });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> Queues() => database.Rows(new SqlStatement(WithRollouts), static row => row.Text(0));

    /// <inheritdoc/>
    public Task<StoredRollout?> Get(TaskId id) => database.First(new SqlStatement(OfId).Bind(id), Read);

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredRollout>> List(TaskId? before, int limit) =>
        database.Page(new SqlStatement(Listed).Bind(before).Bind(limit), Read);

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutRow>> Halted(int limit) =>
        database.Rows(new SqlStatement(OfHalted).Bind(limit), RowOf);

    /// <inheritdoc/>
    public Task<ImmutableArray<RolloutNodeRow>> Nodes(TaskId id, RolloutNodeState? state, int after, int limit) => database.Page(
        new SqlStatement(OfRollout).Bind(id).Bind((int?)state).Bind(after).Bind(limit),
        static row => new RolloutNodeRow(
            row.Int64(0), row.Int32(1), row.Text(2), (RolloutNodeState)row.Int32(3), row.Int32(4), row.NullableId(5)));

    private static StoredRollout Read(ISqlRow row) => new(row.Text(16), row.Int32(17), RowOf(row), row.Bytes(18), default);

    private static RolloutRow RowOf(ISqlRow row) => new(
        row.Int64(0), row.Id(1), row.Text(2), row.Int32(3), row.Int64(4), row.Boolean(5))
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
