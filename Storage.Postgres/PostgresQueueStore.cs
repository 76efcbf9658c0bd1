using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The queue settings in the PostgreSQL database.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresQueueStore(PostgresDatabase database) : IQueueStore
{
    private const string Select = """
        SELECT name, placement, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason, minimum_isolation
        FROM ot.queue_settings
        """;

    private const string All = Select + " ORDER BY name";
    private const string One = Select + " WHERE name = $1";

    // Two writers must not both find that there are no settings. There is no row yet that they could lock.
    private const string OneAtATime = "LOCK TABLE ot.queue_settings IN SHARE ROW EXCLUSIVE MODE";

    private const string Upsert = """
        INSERT INTO ot.queue_settings (name, placement, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason, minimum_isolation)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (name) DO UPDATE SET placement = excluded.placement, version = excluded.version, paused = excluded.paused,
            max_running = excluded.max_running, max_depth = excluded.max_depth, rate = excluded.rate, burst = excluded.burst,
            weight = excluded.weight, pause_at = excluded.pause_at, pause_key = excluded.pause_key,
            pause_key_name = excluded.pause_key_name, pause_says = excluded.pause_says,
            pause_reason = excluded.pause_reason, minimum_isolation = excluded.minimum_isolation
        """;

    private const string Remove = "DELETE FROM ot.queue_settings WHERE name = $1";

    /// <inheritdoc/>
    public async Task<ImmutableArray<QueueSettings>> List() =>
        [.. await database.Read(session => session.All(new Query(All), Read)).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<QueueSettings?> Get(string name) => database.Read(session => Find(session, name));

    /// <inheritdoc/>
    public Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null) =>
        database.Write(async session =>
    {
        await session.Run(OneAtATime).ConfigureAwait(false);
        if ((await Find(session, settings.Name).ConfigureAwait(false))?.Version != replaces)
            return false;
        var upsert = new Query(Upsert)
            .Bind(settings.Name)
            .Bind((int)settings.Placement)
            .Bind(settings.Version)
            .Bind(settings.Paused)
            .Bind(settings.MaxRunning)
            .Bind(settings.MaxDepth)
            .Bind(settings.RatePerSecond?.ToString("R", CultureInfo.InvariantCulture))
            .Bind(settings.Burst)
            .Bind(settings.Weight)
            .Bind(settings.Pause?.At)
            .Bind(settings.Pause?.Key)
            .Bind(settings.Pause?.KeyName)
            .Bind(settings.Pause?.Says)
            .Bind(settings.Pause?.Reason)
            .Bind((int)settings.MinimumIsolation);
        Query[] events = at is { } time
            ? PostgresResourceEventStore.Add(time, ResourceKind.Queue, settings.Name, ResourceState.Changed)
            : [];
        await session.RunAll([upsert, .. AuditStatements.Of(audit), .. events]).ConfigureAwait(false);
        return true;
    });

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null) =>
        database.Write(async session =>
    {
        await session.Run(OneAtATime).ConfigureAwait(false);
        if ((await Find(session, name).ConfigureAwait(false))?.Version != version)
            return false;
        var events = PostgresResourceEventStore.Add(at, ResourceKind.Queue, name, ResourceState.Deleted);
        await session.RunAll([new Query(Remove).Bind(name), .. AuditStatements.Of(audit), .. events])
            .ConfigureAwait(false);
        return true;
    });

    private static Task<QueueSettings?> Find(Session session, string name) =>
        session.First(new Query(One).Bind(name), Read);

    private static QueueSettings Read(Row row) => new(row.Text(0)!, (Placement)row.Int32(1))
    {
        Version = row.Int64(2),
        Paused = row.Boolean(3),
        MaxRunning = row.NullableInt32(4),
        MaxDepth = row.NullableInt32(5),
        RatePerSecond = row.Text(6) is { } rate ? double.Parse(rate, CultureInfo.InvariantCulture) : null,
        Burst = row.NullableInt32(7),
        Weight = row.Int32(8),
        MinimumIsolation = (Isolation)row.Int32(14),
        Pause = row.IsNull(9) ? null : new QueuePause(row.Int64(9))
        {
            Key = row.Text(10),
            KeyName = row.Text(11),
            Says = row.Text(12),
            Reason = row.Text(13),
        },
    };
}
