using OrleansTasks.Events;

namespace OrleansTasks.Storage.Sql;

/// <summary>The statements that add a resource event to the transaction that makes the change.</summary>
internal static class ResourceEventInsert
{
    // One writer at a time, as for node events.
    private const string Lock = "SELECT ot.lock('resources')";
    private const string Insert = "INSERT INTO ot.resource_events (at, kind, id, state) VALUES ($1, $2, $3, $4)";
    private const string Remove = "DELETE FROM ot.resource_events WHERE seq <= (SELECT max(seq) FROM ot.resource_events) - $1";

    /// <summary>Comes before the insert.</summary>
    internal static SqlStatement OneAtATime => new(Lock);

    /// <summary>Comes after the insert.</summary>
    internal static SqlStatement Trim => new SqlStatement(Remove).Bind(ResourceEventBound.Kept);

    /// <summary>Returns the statements for one event.</summary>
    internal static SqlStatement[] Of(long at, ResourceKind kind, string id, ResourceState state) =>
        [OneAtATime, new SqlStatement(Insert).Bind(at).Bind((int)kind).Bind(id).Bind((int)state), Trim];
}
