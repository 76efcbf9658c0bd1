using OrleansTasks.Events;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Resource changes in the SQLite file. The stores of the resources add them.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteResourceEventStore(SqliteDatabase database) : IResourceEventStore
{
    private const string Ends = "SELECT min(seq), max(seq) FROM resource_events";
    private const string After = "SELECT seq, at, kind, id, state FROM resource_events WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    /// <inheritdoc/>
    public Task<ResourceEventPage> Read(long after, int limit) => database.Readers.ShortTask(session =>
    {
        var ends = session.Get(Ends);
        ends.Step();
        var (first, last) = (ends.Int64(0), ends.Int64(1));
        ends.Reset();
        var events = ImmutableArray.CreateBuilder<ResourceEvent>();
        var row = session.Get(After);
        row.Bind(1, after);
        row.Bind(2, (long)limit);
        while (row.Step())
            events.Add(new ResourceEvent(
                row.Int64(0), row.Int64(1), (ResourceKind)row.Int32(2), row.Text(3)!, (ResourceState)row.Int32(4)));
        return new ResourceEventPage(first, last, events.DrainToImmutable());
    });
}
