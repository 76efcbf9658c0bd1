namespace OrleansTasks.Nodes;

/// <summary>
/// Carries commands (start, cancel, kill) from a dispatcher, which owns a queue,
/// to the grain of the node that is to execute them.
/// The dispatcher sends a batch after the commit that decided it, and does not wait for the delivery.
/// A channel may lose, repeat and reorder batches.
/// At each heartbeat of the node's worker, the dispatcher compares the attempts that the worker holds with those that
/// the worker should hold, and so finds and repeats a lost command. A worker ignores the start of an attempt that it
/// has received before. <see cref="StreamCommandChannel"/> is the default channel.
/// </summary>
public interface ICommandChannel
{
    /// <summary>
    /// Hands a batch over for delivery. Success does not mean that the batch has arrived.
    /// The dispatcher logs a failure and does not retry.
    /// </summary>
    /// <param name="node">The name of the node.</param>
    /// <param name="batch">
    /// The commands, for one session of the node. The node executes no batch for another session.
    /// </param>
    Task Send(string node, CommandBatch batch);
}
