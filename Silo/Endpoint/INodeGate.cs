using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Server;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Decides who may speak for which node.</summary>
public interface INodeGate
{
    /// <summary>Called when a call begins, before anything of it is read.</summary>
    /// <param name="call">The call, with its peer's certificate and metadata.</param>
    /// <returns>Whom the caller's certificate stands for; null where none is asked for.</returns>
    /// <exception cref="GrpcException">The caller may not call.</exception>
    ValueTask<NodeCertificate?> Open(GrpcServerCall call);

    /// <summary>Called with every message of a worker, before anything is done for it.</summary>
    /// <param name="call">The call that it came by.</param>
    /// <param name="node">The node that the message names.</param>
    /// <exception cref="GrpcException">The caller may not speak for it.</exception>
    ValueTask Admit(GrpcServerCall call, string node);
}
