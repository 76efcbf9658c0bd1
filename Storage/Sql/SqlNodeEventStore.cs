using OrleansTasks.Events;
using OrleansTasks.Nodes;

namespace OrleansTasks.Storage.Sql;

/// <summary>Node state changes.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlNodeEventStore(ISqlDatabase database) : INodeEventStore
{
    // One writer at a time. Otherwise a number could become visible after a larger one from which readers already
    // continue.
    private const string OneAtATime = "SELECT ot.lock('nodes')";
    private const string Insert = "INSERT INTO ot.node_events (at, node, state) VALUES ($1, $2, $3)";

    // Sequences have no gaps, so subtracting the number to keep from the largest yields the last one to delete.
    private const string Trim = "DELETE FROM ot.node_events WHERE seq <= (SELECT max(seq) FROM ot.node_events) - $1";
    private const string Ends = "SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM ot.node_events";
    private const string After = "SELECT seq, at, node, state FROM ot.node_events WHERE seq > $1 ORDER BY seq LIMIT $2";

    private const string Newest = """
        SELECT seq, at, node, state FROM ot.node_events
        WHERE seq IN (SELECT max(seq) FROM ot.node_events GROUP BY node) ORDER BY node
        """;

    /// <inheritdoc/>
    public Task Add(IReadOnlyList<NodeEvent> events) => database.WriteAll(
    [
        new SqlStatement(OneAtATime),
        .. events.Select(static change => new SqlStatement(Insert).Bind(change.At).Bind(change.Node).Bind((int)change.State)),
        new SqlStatement(Trim).Bind(NodeEventBound.Kept),
    ]);

    /// <inheritdoc/>
    public Task<NodeEventPosition> Position() =>
        database.First(new SqlStatement(Ends), static row => new NodeEventPosition(row.Int64(0), row.Int64(1)));

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Read(long after, int limit) =>
        database.Rows(new SqlStatement(After).Bind(after).Bind(limit), ReadEvent);

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Latest() => database.Rows(new SqlStatement(Newest), ReadEvent);

    private static NodeEvent ReadEvent(ISqlRow row) => new(row.Int64(0), row.Int64(1), row.Text(2), (NodeState)row.Int32(3));
}
