using OrleansTasks.Nodes;

namespace OrleansTasks.Storage;

/// <summary>
/// What is remembered of the worker nodes. A node's own grain alone opens and closes its sessions. All methods throw
/// <see cref="StoreUnavailableException"/> on failure, and those that write throw <see cref="OutcomeUnknownException"/> when nobody can say
/// whether they have. Times are Unix milliseconds.
/// </summary>
public interface INodeStore
{
    /// <summary>The node, or null.</summary>
    Task<NodeRow?> Get(string id);

    /// <summary>Every known node, by id.</summary>
    Task<ImmutableArray<NodeRow>> List();

    /// <summary>
    /// Opens a session: makes or changes the node's row and returns it with the next session number, which is higher than every earlier
    /// one, also of a forgotten node of that id. A node that drains goes on draining, unless it was forgotten.
    /// </summary>
    Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at);

    /// <summary>Marks the node as gone for good, seen last at a time; does nothing when it has a newer session.</summary>
    Task Close(string id, long session, long at);

    /// <summary>Sets whether the node takes new work; false when there is no such node.</summary>
    Task<bool> SetDraining(string id, bool draining);

    /// <summary>
    /// Forgets the node, but not how many sessions it had: partitions remember the numbers of sessions that are over. False when there is
    /// no such node.
    /// </summary>
    Task<bool> Delete(string id);
}
