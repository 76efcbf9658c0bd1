using OrleansTasks.Audit;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Node registrations, kept across restarts. Heartbeats are not stored, so a row does not show whether a node is alive.
/// Only the node's grain opens and closes sessions, adds limits and sets the drain. Times are Unix milliseconds. All
/// methods throw <see cref="StoreUnavailableException"/>; those that write also throw
/// <see cref="OutcomeUnknownException"/>.
/// </summary>
public interface INodeStore
{
    /// <summary>Returns the node, or null if it never registered or was forgotten.</summary>
    Task<NodeRow?> Get(string id);

    /// <summary>Returns every node that registered and was not forgotten, ordered by id.</summary>
    Task<ImmutableArray<NodeRow>> List();

    /// <summary>
    /// Stores a registration under the id's next session number, which rises even if the node was forgotten. Keeps a
    /// drain, unless the node was forgotten.
    /// </summary>
    Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at);

    /// <summary>
    /// Sets <see cref="NodeRow.Gone"/> until the next session opens. Does nothing if the session is not the newest.
    /// </summary>
    Task Close(string id, long session, long at);

    /// <summary>
    /// Adds to <see cref="NodeRow.Enforces"/> what the worker has learned to do since its registration. Does nothing if
    /// the session is not the newest.
    /// </summary>
    Task AddLimits(string id, long session, Limits limits);

    /// <summary>Starts or stops draining the node. Returns false if there is no such node.</summary>
    Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null);

    /// <summary>
    /// Forgets a node, and deletes its certificates and its used join tokens, which could yield new certificates. A
    /// worker that joined but never registered also has these. Returns false if nothing is stored for this id. The
    /// caller ends the node's session. The session number is kept: queues remember which sessions are over, so a later
    /// node with this id must not reuse one.
    /// </summary>
    Task<bool> Delete(string id, AuditRecord? audit = null);
}
