using System.Net;

namespace OrleansTasks.Silo.Trust;

public sealed partial class NodeTrust
{
    [LoggerMessage(EventId = 4411, Level = LogLevel.Information, Message = "Node {Node} at {Peer} joined by a token and was certified.")]
    private partial void Joined(string node, IPAddress? peer);

    [LoggerMessage(EventId = 4412, Level = LogLevel.Warning, Message = "Node {Node} at {Peer} was not let in: {Reason}")]
    private partial void JoinRefused(string node, IPAddress? peer, string reason);

    [LoggerMessage(EventId = 4413, Level = LogLevel.Information, Message = "Node {Node} was certified anew.")]
    private partial void Renewed(string node);
}
