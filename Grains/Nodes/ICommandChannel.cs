namespace OrleansTasks.Nodes;

/// <summary>
/// Carries a dispatcher's commands to a node's grain after their commit. May lose, repeat and reorder batches:
/// dispatchers repeat lost commands at heartbeats, and workers ignore repeated starts.
/// </summary>
public interface ICommandChannel
{
    /// <summary>Sends a batch; success does not mean that it arrived. The dispatcher logs failures.</summary>
    Task Send(string node, CommandBatch batch);
}
