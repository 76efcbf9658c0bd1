using OrleansTasks.Audit;
using OrleansTasks.Nodes;

namespace OrleansTasks.Storage;

/// <summary>
/// What the service remembers of worker nodes across restarts: the latest registration, the session number, whether the
/// node drains (takes no new work, as an operator wants), and whether its worker said goodbye. Heartbeats are not
/// stored, so a row does not tell whether a node is alive. Only the node's own grain opens and closes sessions and sets
/// the drain; the fleet grain lists nodes and forgets them. A session is the time from one registration of a worker to
/// the next. Times are Unix milliseconds. All methods throw
/// <see cref="StoreUnavailableException"/> when nothing could be read or written. Methods that write throw
/// <see cref="OutcomeUnknownException"/> when the store cannot tell whether the change was written.
/// </summary>
public interface INodeStore
{
    /// <summary>Returns the node; null when it never registered or was forgotten.</summary>
    Task<NodeRow?> Get(string id);

    /// <summary>Returns every node that registered and was not forgotten, by id.</summary>
    Task<ImmutableArray<NodeRow>> List();

    /// <summary>
    /// Opens a session: stores the registration and returns the node's row with the number of the session, which is
    /// higher than every earlier number of this id, even if the node was forgotten in between. A node that drains goes
    /// on draining, unless it was forgotten.
    /// </summary>
    Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at);

    /// <summary>
    /// Notes that the worker said goodbye at <paramref name="at"/>: <see cref="NodeRow.Gone"/> is true until the next
    /// session opens. Does nothing when <paramref name="session"/> is not the node's latest session, or the node was
    /// forgotten.
    /// </summary>
    Task Close(string id, long session, long at);

    /// <summary>
    /// Sets whether the node drains, and stores who asked for it. Returns false when there is no such node.
    /// </summary>
    Task<bool> SetDraining(string id, bool draining, AuditRecord? audit = null);

    /// <summary>
    /// Forgets the node: it is in no list any more. Only its session number is kept, because queues remember which
    /// session numbers are over, and a node of the same id must not get one of them again. Returns false when there is
    /// no such node. The caller ends the node's session. Stores who asked for it.
    /// </summary>
    Task<bool> Delete(string id, AuditRecord? audit = null);
}
