using OrleansTasks.Nodes;

namespace OrleansTasks.Storage;

/// <summary>What is remembered of the worker nodes. All methods throw <see cref="StoreUnavailableException"/> on failure.</summary>
public interface INodeStore
{
    /// <summary>The node, or null.</summary>
    Task<NodeRow?> Get(string id);

    /// <summary>Every known node, by id.</summary>
    Task<ImmutableArray<NodeRow>> List();

    /// <summary>Opens a session: makes or changes the node's row and returns it with the next session number.</summary>
    Task<NodeRow> OpenSession(string id, NodeRegistration registration, long at);

    /// <summary>Notes that the node left for good; nothing happens when it has a newer session.</summary>
    Task Close(string id, long session, long at);

    /// <summary>Sets whether the node takes new work; false when there is no such node.</summary>
    Task<bool> SetDraining(string id, bool draining);

    /// <summary>Forgets the node, but not how many sessions it had; false when there is no such node.</summary>
    Task<bool> Delete(string id);
}
