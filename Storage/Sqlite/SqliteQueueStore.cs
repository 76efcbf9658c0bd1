using OrleansTasks.Queues;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The queues' settings in the SQLite file.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteQueueStore(SqliteDatabase database) : IQueueStore
{
    private const string All = "SELECT name, placement FROM queues ORDER BY name";

    private const string One = "SELECT name, placement FROM queues WHERE name = ?1";

    private const string Upsert = """
        INSERT INTO queues (name, placement) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET placement = excluded.placement
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<QueueSettings>> List() => database.Readers.ShortTask(session =>
    {
        var queues = ImmutableArray.CreateBuilder<QueueSettings>();
        var row = session.Get(All);
        while (row.Step())
            queues.Add(new QueueSettings(row.Text(0)!, (Placement)row.Int32(1)));
        return queues.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<QueueSettings?> Get(string name) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(One);
        row.Bind(1, name);
        QueueSettings? found = null;
        while (row.Step())
            found = new QueueSettings(row.Text(0)!, (Placement)row.Int32(1));
        return found;
    });

    /// <inheritdoc/>
    public Task Put(QueueSettings settings) => database.Write(connection =>
    {
        var upsert = connection.Get(Upsert);
        upsert.Bind(1, settings.Name);
        upsert.Bind(2, (long)settings.Placement);
        return upsert.Run();
    });
}
