using OrleansTasks.Audit;
using OrleansTasks.Nodes;

namespace OrleansTasks.Storage;

/// <summary>
/// Registrations of nodes across restarts. Heartbeats are not stored, so a row does not tell whether a node is alive.
/// Only the node's grain opens and closes sessions and sets the drain. Times are Unix milliseconds. Methods throw
/// <see cref="StoreUnavailableException"/>; those that write also <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface INodeStore
{
    /// <summary>Returns the node, or null if it never registered or was forgotten.</summary>
    Task<NodeRow?> Get(string id);

    /// <summary>Returns every node that registered and was not forgotten, by id.</summary>
    Task<ImmutableArray<NodeRow>> List();

    /// <summary>
    /// Stores a registration under a session number that this id never had, even before it was forgotten. A drain
    /// survives, unless the node was forgotten.
    /// </summary>
    Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at);

    /// <summary>Sets <see cref="NodeRow.Gone"/> until the next session opens; ignores an earlier session.</summary>
    Task Close(string id, long session, long at);

    /// <summary>Starts or stops draining the node. Returns false if there is no such node.</summary>
    Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null);

    /// <summary>
    /// Forgets a node; false if there is none. The caller ends its session. Keeps the session number: queues remember
    /// which sessions are over, so a later node of this id must not reuse one.
    /// </summary>
    Task<bool> Delete(string id, AuditRecord? audit = null);
}
