namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Knows which instance opened a session. Another instance with a certificate for the same node must not use it.
/// </summary>
public interface INodeSessions
{
    /// <summary>
    /// Returns the instance that opened a session; null if the session is unknown or not the node's latest. May still
    /// return the instance of an earlier session.
    /// </summary>
    ValueTask<string?> InstanceOf(string node, long session);
}
