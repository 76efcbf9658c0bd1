using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The queue settings.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlQueueStore(ISqlDatabase database) : IQueueStore
{
    private const string Columns = """
        name, placement, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason, blackouts, minimum_isolation
        """;

    private const string All = $"SELECT {Columns} FROM ot.queue_settings ORDER BY name";
    private const string One = $"SELECT {Columns} FROM ot.queue_settings WHERE name = $1";

    // Two writers must not both find that there are no settings. There is no row yet that they could lock.
    private const string OneAtATime = "LOCK TABLE ot.queue_settings IN SHARE ROW EXCLUSIVE MODE";

    private const string Upsert = $"""
        INSERT INTO ot.queue_settings ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (name) DO UPDATE SET placement = excluded.placement, version = excluded.version, paused = excluded.paused,
            max_running = excluded.max_running, max_depth = excluded.max_depth, rate = excluded.rate, burst = excluded.burst,
            weight = excluded.weight, pause_at = excluded.pause_at, pause_key = excluded.pause_key,
            pause_key_name = excluded.pause_key_name, pause_says = excluded.pause_says, pause_reason = excluded.pause_reason,
            blackouts = excluded.blackouts, minimum_isolation = excluded.minimum_isolation
        """;

    private const string Remove = "DELETE FROM ot.queue_settings WHERE name = $1";

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> List() => database.Rows(new SqlStatement(All), Read);

    /// <inheritdoc/>
    public Task<QueueSettings?> Get(string name) => database.Read(session => Find(session, name));

    /// <inheritdoc/>
    public Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null) =>
        database.Write(async session =>
        {
            await session.Run(new SqlStatement(OneAtATime)).ConfigureAwait(false);
            if ((await Find(session, settings.Name).ConfigureAwait(false))?.Version != replaces)
                return false;
            SqlStatement[] events = at is { } time
                ? ResourceEventInsert.Of(time, ResourceKind.Queue, settings.Name, ResourceState.Changed)
                : [];
            await session.RunAll([Put(settings), .. AuditInsert.Of(audit), .. events]).ConfigureAwait(false);
            return true;
        });

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null) =>
        database.Write(async session =>
        {
            await session.Run(new SqlStatement(OneAtATime)).ConfigureAwait(false);
            if ((await Find(session, name).ConfigureAwait(false))?.Version != version)
                return false;
            var events = ResourceEventInsert.Of(at, ResourceKind.Queue, name, ResourceState.Deleted);
            await session.RunAll([new SqlStatement(Remove).Bind(name), .. AuditInsert.Of(audit), .. events])
                .ConfigureAwait(false);
            return true;
        });

    private static ValueTask<QueueSettings?> Find(ISqlSession session, string name) =>
        session.First(new SqlStatement(One).Bind(name), Read);

    private static SqlStatement Put(QueueSettings settings) => new SqlStatement(Upsert)
        .Bind(settings.Name)
        .Bind((int)settings.Placement)
        .Bind(settings.Version)
        .Bind(settings.Paused)
        .Bind(settings.MaxRunning)
        .Bind(settings.MaxDepth)
        // As round-trip text, which yields exactly the same double on every store.
        .Bind(settings.RatePerSecond?.ToString("R", CultureInfo.InvariantCulture))
        .Bind(settings.Burst)
        .Bind(settings.Weight)
        .Bind(settings.Pause?.At)
        .Bind(settings.Pause?.Key)
        .Bind(settings.Pause?.KeyName)
        .Bind(settings.Pause?.Says)
        .Bind(settings.Pause?.Reason)
        .Bind(BlackoutText.Of(settings.Blackouts))
        .Bind((int)settings.MinimumIsolation);

    private static QueueSettings Read(ISqlRow row) => new(row.Text(0), (Placement)row.Int32(1))
    {
        Version = row.Int64(2),
        Paused = row.Boolean(3),
        MaxRunning = row.NullableInt32(4),
        MaxDepth = row.NullableInt32(5),
        RatePerSecond = row.NullableText(6) is { } rate ? double.Parse(rate, CultureInfo.InvariantCulture) : null,
        Burst = row.NullableInt32(7),
        Weight = row.Int32(8),
        Pause = row.IsNull(9) ? null : new QueuePause(row.Int64(9))
        {
            Key = row.NullableText(10),
            KeyName = row.NullableText(11),
            Says = row.NullableText(12),
            Reason = row.NullableText(13),
        },
        Blackouts = BlackoutText.Read(row.NullableText(14)),
        MinimumIsolation = (Isolation)row.Int32(15),
    };
}
