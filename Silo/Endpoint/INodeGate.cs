using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Decides who may speak for which node.</summary>
public interface INodeGate
{
    /// <summary>Called when a call begins, before anything of it is read.</summary>
    /// <param name="shown">The certificate that the caller's connection was opened with; null when it had none.</param>
    /// <returns>Whom the caller's certificate stands for; null where none is asked for.</returns>
    /// <exception cref="RpcException">The caller may not call.</exception>
    ValueTask<NodeCertificate?> Open(X509Certificate2? shown);

    /// <summary>Called with every message of a worker, before anything is done for it.</summary>
    /// <param name="shown">The certificate that the caller's connection was opened with; null when it had none.</param>
    /// <param name="node">The node that the message names.</param>
    /// <exception cref="RpcException">The caller may not speak for it.</exception>
    ValueTask Admit(X509Certificate2? shown, string node);
}
