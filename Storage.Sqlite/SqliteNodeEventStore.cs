using OrleansTasks.Events;
using OrleansTasks.Nodes;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>Node state changes in the SQLite file.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteNodeEventStore(SqliteDatabase database) : INodeEventStore
{
    private const string Insert = "INSERT INTO node_events (at, node, state) VALUES (?1, ?2, ?3)";
    // Sequences have no gaps, so subtracting the number to keep from the largest yields the last one to delete.
    private const string Trim = "DELETE FROM node_events WHERE seq <= (SELECT max(seq) FROM node_events) - ?1";
    private const string Ends = "SELECT min(seq), max(seq) FROM node_events";
    private const string After = "SELECT seq, at, node, state FROM node_events WHERE seq > ?1 ORDER BY seq LIMIT ?2";

    // With a single max(), SQLite takes the other columns from the row that has the maximum.
    private const string Newest = "SELECT max(seq), at, node, state FROM node_events GROUP BY node ORDER BY node";

    /// <inheritdoc/>
    public Task Add(IReadOnlyList<NodeEvent> events) => database.Write(connection =>
    {
        foreach (var change in events)
        {
            var insert = connection.Get(Insert);
            insert.Bind(1, change.At);
            insert.Bind(2, change.Node);
            insert.Bind(3, (long)change.State);
            insert.Run();
        }

        var trim = connection.Get(Trim);
        trim.Bind(1, (long)NodeEventBound.Kept);
        return trim.Run();
    });

    /// <inheritdoc/>
    public Task<NodeEventPosition> Position() => database.Readers.ShortTask(session =>
    {
        var row = session.Get(Ends);
        var position = default(NodeEventPosition);
        while (row.Step())
            position = new NodeEventPosition(row.Int64(0), row.Int64(1));
        return position;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Read(long after, int limit) => database.Readers.ShortTask(session =>
    {
        var rows = session.Get(After);
        rows.Bind(1, after);
        rows.Bind(2, (long)limit);
        return Read(rows);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeEvent>> Latest() => database.Readers.ShortTask(session => Read(session.Get(Newest)));

    private static ImmutableArray<NodeEvent> Read(Statement rows)
    {
        var events = ImmutableArray.CreateBuilder<NodeEvent>();
        while (rows.Step())
            events.Add(new NodeEvent(rows.Int64(0), rows.Int64(1), rows.Text(2)!, (NodeState)rows.Int32(3)));
        return events.DrainToImmutable();
    }
}
