namespace OrleansTasks.Nodes;

/// <summary>
/// The way from a dispatcher to a node's grain. Dispatchers use it after a commit and wait for nothing. It may lose, repeat and reorder
/// batches: the next heartbeat finds the difference.
/// </summary>
public interface ICommandChannel
{
    /// <summary>Hands a batch over for delivery; success means that it is under way, not that it has arrived.</summary>
    Task Send(string node, CommandBatch batch);
}
