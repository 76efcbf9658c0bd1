using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The queue settings in the SQLite file.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteQueueStore(SqliteDatabase database) : IQueueStore
{
    private const string Select = """
        SELECT name, placement, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason, minimum_isolation
        FROM queue_settings
        """;

    private const string All = Select + " ORDER BY name";

    private const string One = Select + " WHERE name = ?1";

    private const string Upsert = """
        INSERT OR REPLACE INTO queue_settings (name, placement, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason, minimum_isolation)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        """;

    private const string Remove = "DELETE FROM queue_settings WHERE name = ?1";

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> List() => database.Readers.ShortTask(session =>
    {
        var queues = ImmutableArray.CreateBuilder<QueueSettings>();
        var row = session.Get(All);
        while (row.Step())
            queues.Add(Read(row));
        return queues.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<QueueSettings?> Get(string name) => database.Readers.ShortTask(session => Find(session.Get(One), name));

    /// <inheritdoc/>
    public async Task<bool> Put(QueueSettings settings, long? replaces, long? at, AuditRecord? audit = null) => await
        database.Write(connection =>
    {
        if (Find(connection.Get(One), settings.Name)?.Version != replaces)
            return 0;
        var upsert = connection.Get(Upsert);
        upsert.Bind(1, settings.Name);
        upsert.Bind(2, (long)settings.Placement);
        upsert.Bind(3, settings.Version);
        upsert.Bind(4, settings.Paused);
        upsert.BindNullable(5, settings.MaxRunning);
        upsert.BindNullable(6, settings.MaxDepth);
        // As round-trip text, which yields exactly the same double on every store.
        upsert.Bind(7, settings.RatePerSecond?.ToString("R", CultureInfo.InvariantCulture));
        upsert.BindNullable(8, settings.Burst);
        upsert.Bind(9, settings.Weight);
        Bind(upsert, settings.Pause);
        upsert.Bind(15, (long)settings.MinimumIsolation);
        upsert.Run();
        AuditWriter.Add(connection, 0, audit);
        if (at is { } time)
            ResourceEventWriter.Add(connection, time, ResourceKind.Queue, settings.Name, ResourceState.Changed);
        return 1;
    }) > 0;

    /// <inheritdoc/>
    public async Task<bool> Delete(string name, long version, long at, AuditRecord? audit = null) => await
        database.Write(connection =>
    {
        if (Find(connection.Get(One), name)?.Version != version)
            return 0;
        var remove = connection.Get(Remove);
        remove.Bind(1, name);
        remove.Run();
        AuditWriter.Add(connection, 0, audit);
        ResourceEventWriter.Add(connection, at, ResourceKind.Queue, name, ResourceState.Deleted);
        return 1;
    }) > 0;

    private static void Bind(Statement upsert, QueuePause? pause)
    {
        if (pause is null)
            upsert.BindNull(10);
        else
            upsert.Bind(10, pause.At);
        upsert.Bind(11, pause?.Key);
        upsert.Bind(12, pause?.KeyName);
        upsert.Bind(13, pause?.Says);
        upsert.Bind(14, pause?.Reason);
    }

    private static QueueSettings? Find(Statement row, string name)
    {
        row.Bind(1, name);
        QueueSettings? found = null;
        while (row.Step())
            found = Read(row);
        return found;
    }

    private static QueueSettings Read(Statement row) => new(row.Text(0)!, (Placement)row.Int32(1))
    {
        Version = row.Int64(2),
        Paused = row.Int32(3) != 0,
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
