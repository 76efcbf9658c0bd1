namespace OrleansTasks.Nodes;

/// <summary>The way from a dispatcher to a node. What it loses is found by the next heartbeat; it never delays a commit.</summary>
public interface ICommandChannel
{
    /// <summary>Hands a batch over for delivery; success means that it is under way, not that it has arrived.</summary>
    Task Send(string node, CommandBatch batch);
}
