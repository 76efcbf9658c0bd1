using System.Globalization;
using OrleansTasks.Audit;
using OrleansTasks.Events;
using OrleansTasks.Queues;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The queues' settings in the SQLite file: the placement in one table, and what came later in another, so that a program of the
/// same schema version that does not know the limits goes on.
/// </summary>
/// <param name="database">The open database.</param>
public sealed class SqliteQueueStore(SqliteDatabase database) : IQueueStore
{
    private const string Select = """
        SELECT q.name, q.placement, ifnull(l.version, 1), ifnull(l.paused, 0), l.max_running, l.max_depth, l.rate, l.burst,
            ifnull(l.weight, 1), l.pause_at, l.pause_key, l.pause_key_name, l.pause_says, l.pause_reason
        FROM queues q LEFT JOIN queue_limits l ON l.name = q.name
        """;

    private const string All = Select + " ORDER BY q.name";

    private const string One = Select + " WHERE q.name = ?1";

    private const string UpsertPlacement = """
        INSERT INTO queues (name, placement) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET placement = excluded.placement
        """;

    private const string UpsertLimits = """
        INSERT OR REPLACE INTO queue_limits (name, version, paused, max_running, max_depth, rate, burst, weight,
            pause_at, pause_key, pause_key_name, pause_says, pause_reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """;

    private const string DeletePlacement = "DELETE FROM queues WHERE name = ?1";

    private const string DeleteLimits = "DELETE FROM queue_limits WHERE name = ?1";

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
        var placement = connection.Get(UpsertPlacement);
        placement.Bind(1, settings.Name);
        placement.Bind(2, (long)settings.Placement);
        placement.Run();
        var limits = connection.Get(UpsertLimits);
        limits.Bind(1, settings.Name);
        limits.Bind(2, settings.Version);
        limits.Bind(3, settings.Paused);
        limits.BindNullable(4, settings.MaxRunning);
        limits.BindNullable(5, settings.MaxDepth);
        limits.Bind(6, settings.RatePerSecond?.ToString("R", CultureInfo.InvariantCulture));
        limits.BindNullable(7, settings.Burst);
        limits.Bind(8, settings.Weight);
        Bind(limits, settings.Pause);
        limits.Run();
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
        var limits = connection.Get(DeleteLimits);
        limits.Bind(1, name);
        limits.Run();
        var placement = connection.Get(DeletePlacement);
        placement.Bind(1, name);
        placement.Run();
        AuditWriter.Add(connection, 0, audit);
        ResourceEventWriter.Add(connection, at, ResourceKind.Queue, name, ResourceState.Deleted);
        return 1;
    }) > 0;

    private static void Bind(Statement limits, QueuePause? pause)
    {
        if (pause is null)
            limits.BindNull(9);
        else
            limits.Bind(9, pause.At);
        limits.Bind(10, pause?.Key);
        limits.Bind(11, pause?.KeyName);
        limits.Bind(12, pause?.Says);
        limits.Bind(13, pause?.Reason);
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
        Pause = row.IsNull(9) ? null : new QueuePause(row.Int64(9))
        {
            Key = row.Text(10),
            KeyName = row.Text(11),
            Says = row.Text(12),
            Reason = row.Text(13),
        },
    };
}
