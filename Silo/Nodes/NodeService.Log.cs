namespace OrleansTasks.Silo.Nodes;

public sealed partial class NodeService
{
    [LoggerMessage(EventId = 4001, Level = LogLevel.Information,
        Message = "Node {Node} registered with {Slots} slots and opened session {Session}.")]
    private partial void NodeRegistered(string node, long session, int slots);

    [LoggerMessage(EventId = 4002, Level = LogLevel.Debug,
        Message = "Node {Node} reads its commands in session {Session}.")]
    private partial void StreamOpened(string node, long session);

    [LoggerMessage(EventId = 4003, Level = LogLevel.Debug,
        Message = "Could not report the end of the command stream of node {Node} in session {Session}.")]
    private partial void DisconnectNotTold(Exception failure, string node, long session);
}
