using OrleansTasks.Events;

namespace OrleansTasks.Storage.Sql;

/// <summary>Resource changes. The stores of the resources add them (<see cref="ResourceEventInsert"/>).</summary>
/// <param name="database">The database.</param>
internal sealed class SqlResourceEventStore(ISqlDatabase database) : IResourceEventStore
{
    private const string OldestAndNewest =
        "(SELECT min(seq) FROM ot.resource_events), (SELECT max(seq) FROM ot.resource_events)";

    // One statement, because one sees a single moment.
    private const string After = $"""
        SELECT {OldestAndNewest}, seq, at, kind, id, state FROM ot.resource_events WHERE seq > $1 ORDER BY seq LIMIT $2
        """;

    private const string Ends = $"SELECT {OldestAndNewest}";

    /// <inheritdoc/>
    public Task<ResourceEventPage> Read(long after, int limit) => database.Read(async session =>
    {
        (long First, long Last)? ends = null;
        var events = await session.All(new SqlStatement(After).Bind(after).Bind(limit), row =>
        {
            ends ??= ReadEnds(row);
            return new ResourceEvent(
                row.Int64(2), row.Int64(3), (ResourceKind)row.Int32(4), row.Text(5), (ResourceState)row.Int32(6));
        }).ConfigureAwait(false);
        // Events that others have added since the first statement come with the next page.
        var (first, last) = ends ?? await session.First(new SqlStatement(Ends), ReadEnds).ConfigureAwait(false);
        return new ResourceEventPage(first, last, [.. events]);
    });

    private static (long First, long Last) ReadEnds(ISqlRow row) => (row.NullableInt64(0) ?? 0, row.NullableInt64(1) ?? 0);
}
