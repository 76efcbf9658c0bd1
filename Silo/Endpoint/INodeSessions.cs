namespace OrleansTasks.Silo.Endpoint;

/// <summary>Knows which instance opened a session, so that no other instance with a certificate for the node can use it.</summary>
public interface INodeSessions
{
    /// <summary>
    /// Returns the instance that opened a session; null if it is not the node's latest session.
    /// </summary>
    ValueTask<string?> InstanceOf(string node, long session);
}
