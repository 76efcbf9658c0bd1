using Microsoft.Extensions.Logging;

namespace OrleansTasks.Nodes;

// Event ids start at 200.
public sealed partial class NodeGrain
{
    [LoggerMessage(200, LogLevel.Information, "Node {Node} opened session {Session} with {Slots} slots")]
    private partial void LogRegistered(string node, long session, int slots);

    [LoggerMessage(201, LogLevel.Information, "Node {Node} left and closed session {Session}")]
    private partial void LogLeft(string node, long session);

    // The next heartbeat tries again.
    [LoggerMessage(202, LogLevel.Debug, "Node {Node}: queue {Queue} did not answer a renewal")]
    private partial void LogQueueSilent(string node, string queue, Exception exception);

    // Count: attempts that the worker never received; their dispatchers requeue them.
    [LoggerMessage(203, LogLevel.Information,
        "Node {Node} lost its command stream in session {Session} and gets no new attempts until it reconnects; " +
        "{Count} unreceived attempts are requeued")]
    private partial void LogDisconnected(string node, long session, int count);
}
