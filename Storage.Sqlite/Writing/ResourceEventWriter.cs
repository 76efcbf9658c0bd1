using OrleansTasks.Events;
using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Adds a resource event to the transaction that makes the change.</summary>
internal static class ResourceEventWriter
{
    private const string Insert = "INSERT INTO resource_events (at, kind, id, state) VALUES (?1, ?2, ?3, ?4)";
    private const string Trim = "DELETE FROM resource_events WHERE seq <= (SELECT max(seq) FROM resource_events) - ?1";

    internal static void Add(Connection connection, long at, ResourceKind kind, string id, ResourceState state)
    {
        var insert = connection.Get(Insert);
        insert.Bind(1, at);
        insert.Bind(2, (long)kind);
        insert.Bind(3, id);
        insert.Bind(4, (long)state);
        insert.Run();
        var trim = connection.Get(Trim);
        trim.Bind(1, (long)ResourceEventBound.Kept);
        trim.Run();
    }
}
