using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Decides which callers may act for which node.</summary>
public interface INodeGate
{
    /// <summary>Checks a caller when its call begins, before any message is read.</summary>
    /// <param name="shown">The certificate with which the caller's connection was opened; null if it had none.</param>
    /// <returns>The identity in the caller's certificate; null if no certificate is required.</returns>
    /// <exception cref="RpcException">The caller may not call.</exception>
    ValueTask<NodeCertificate?> Open(X509Certificate2? shown);

    /// <summary>Checks each message of a worker before it takes effect.</summary>
    /// <param name="shown">The certificate with which the caller's connection was opened; null if it had none.</param>
    /// <param name="node">The node named in the message.</param>
    /// <param name="session">The session named in the message; 0 if the message opens one.</param>
    /// <returns>
    /// False if the session is not the node's latest. The session number alone must then have no effect, because
    /// another instance may be opening this session at that moment.
    /// </returns>
    /// <exception cref="RpcException">The caller may not act for this node, or in this session.</exception>
    ValueTask<bool> Admit(X509Certificate2? shown, string node, long session);
}
