using OrleansTasks.Events;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Resource changes in the PostgreSQL database. The stores of the resources add them.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresResourceEventStore(PostgresDatabase database) : IResourceEventStore
{
    private const string Ends = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM ot.resource_events";
    private const string After = "SELECT seq, at, kind, id, state FROM ot.resource_events WHERE seq > $1 ORDER BY seq LIMIT $2";

    // One writer at a time, as for node events.
    private const string OneAtATime = "SELECT ot.lock('resources')";
    private const string Insert = "INSERT INTO ot.resource_events (at, kind, id, state) VALUES ($1, $2, $3, $4)";
    private const string Trim = "DELETE FROM ot.resource_events WHERE seq <= (SELECT max(seq) FROM ot.resource_events) - $1";

    /// <inheritdoc/>
    public Task<ResourceEventPage> Read(long after, int limit) => database.ReadSnapshot(async session =>
    {
        var (first, last) = await session.First(
            new Query(Ends), static row => (row.Int64(0), row.Int64(1))).ConfigureAwait(false);
        var events = await session.All(
            new Query(After).Bind(after).Bind((long)limit),
            static row => new ResourceEvent(
                row.Int64(0), row.Int64(1), (ResourceKind)row.Int32(2), row.Text(3)!, (ResourceState)row.Int32(4)))
            .ConfigureAwait(false);
        return new ResourceEventPage(first, last, [.. events]);
    });

    /// <summary>Returns the statements that add a resource event to the transaction that makes the change.</summary>
    internal static Query[] Add(long at, ResourceKind kind, string id, ResourceState state) =>
        Around(new Query(Insert).Bind(at).Bind((int)kind).Bind(id).Bind((int)state));

    /// <summary>Adds the lock before, and the trim after, a statement that inserts events.</summary>
    internal static Query[] Around(Query insert) =>
        [new Query(OneAtATime), insert, new Query(Trim).Bind((long)ResourceEventBound.Kept)];
}
