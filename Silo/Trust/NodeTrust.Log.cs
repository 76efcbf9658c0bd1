using System.Net;

namespace OrleansTasks.Silo.Trust;

public sealed partial class NodeTrust
{
    [LoggerMessage(EventId = 4411, Level = LogLevel.Information, Message = "Node {Node} at {Peer} joined with a token "
        + "and received a certificate.")]
    private partial void Joined(string node, IPAddress? peer);

    [LoggerMessage(EventId = 4412, Level = LogLevel.Warning, Message = "Refused node {Node} at {Peer}: {Reason}")]
    private partial void JoinRefused(string node, IPAddress? peer, string reason);

    [LoggerMessage(EventId = 4413, Level = LogLevel.Information, Message = "Renewed the certificate of node {Node}.")]
    private partial void Renewed(string node);
}
