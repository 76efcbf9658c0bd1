using OrleansTasks.Events;

namespace OrleansTasks.Storage.Sql;

/// <summary>Resource changes. The stores of the resources add them (<see cref="ResourceEventInsert"/>).</summary>
/// <param name="database">The database.</param>
internal sealed class SqlResourceEventStore(ISqlDatabase database) : IResourceEventStore
{
    // One statement, because one sees a single moment. Without events after $1 it returns one row, which has no event.
    private const string After = """
        SELECT ends.oldest, ends.newest, e.seq, e.at, e.kind, e.id, e.state
        FROM (SELECT coalesce((SELECT min(seq) FROM ot.resource_events), 0) AS oldest,
                coalesce((SELECT max(seq) FROM ot.resource_events), 0) AS newest) ends
            LEFT JOIN (SELECT seq, at, kind, id, state FROM ot.resource_events WHERE seq > $1 ORDER BY seq LIMIT $2) e ON true
        ORDER BY e.seq
        """;

    /// <inheritdoc/>
    public async Task<ResourceEventPage> Read(long after, int limit)
    {
        var rows = await database.Rows(
            new SqlStatement(After).Bind(after).Bind(limit),
            static row => (First: row.Int64(0), Last: row.Int64(1), Event: row.IsNull(2) ? null : new ResourceEvent(
                row.Int64(2), row.Int64(3), (ResourceKind)row.Int32(4), row.Text(5), (ResourceState)row.Int32(6)))).ConfigureAwait(false);
        return new ResourceEventPage(rows[0].First, rows[0].Last, [.. rows.Select(static row => row.Event).OfType<ResourceEvent>()]);
    }
}
