using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Node state changes in the PostgreSQL database.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresNodeEventStore(PostgresDatabase database) : INodeEventStore
{
    // One writer at a time. Otherwise a number could become visible after a larger one from which readers already
    // continue.
    private const string OneAtATime = "SELECT ot.lock('nodes')";
    private const string Insert = "INSERT INTO ot.node_events (at, node, state) VALUES ($1, $2, $3)";
    // Subtracts the number of events to keep from the largest sequence.
    private const string Trim = "DELETE FROM ot.node_events WHERE seq <= (SELECT max(seq) FROM ot.node_events) - $1";
    private const string Ends = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM ot.node_events";
    private const string After = "SELECT seq, at, node, state FROM ot.node_events WHERE seq > $1 ORDER BY seq LIMIT $2";
    private const string Newest = "SELECT DISTINCT ON (node) seq, at, node, state FROM ot.node_events ORDER BY node, seq DESC";

    /// <inheritdoc/>
    public Task Add(IReadOnlyList<NodeEvent> events) => database.Write(session => session.RunAll(
    [
        new Query(OneAtATime),
        .. events.Select(static change => new Query(Insert).Bind(change.At).Bind(change.Node).Bind((int)change.State)),
        new Query(Trim).Bind((long)NodeEventBound.Kept),
    ]));

    /// <inheritdoc/>
    public Task<NodeEventPosition> Position() => database.Read(session => session.First(
        new Query(Ends), static row => new NodeEventPosition(row.Int64(0), row.Int64(1))))!;

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Read(long after, int limit) => Read(new Query(After).Bind(after).Bind((long)limit));

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Latest() => Read(new Query(Newest));

    private async Task<ImmutableArray<NodeEvent>> Read(Query query) => [.. await database.Read(session => session.All(
        query, static row => new NodeEvent(row.Int64(0), row.Int64(1), row.Text(2)!, (NodeState)row.Int32(3))))
        .ConfigureAwait(false)];
}
