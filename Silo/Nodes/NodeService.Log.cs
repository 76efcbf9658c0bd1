using Microsoft.Extensions.Logging;

namespace OrleansTasks.Silo.Nodes;

public sealed partial class NodeService
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Information,
        Message = "Node {Node} registered with {Slots} slots: session {Session}.")]
    private partial void NodeRegistered(string node, long session, int slots);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Debug,
        Message = "Node {Node} reads its commands in session {Session}.")]
    private partial void StreamOpened(string node, long session);
}
