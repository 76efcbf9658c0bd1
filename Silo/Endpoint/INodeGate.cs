using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Server;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Decides who may speak for which node.</summary>
public interface INodeGate
{
    /// <summary>Called with every message of a worker, before anything is done for it.</summary>
    /// <param name="call">The call that it came by, with its peer's certificate and metadata.</param>
    /// <param name="node">The node that the message names.</param>
    /// <exception cref="GrpcException">The caller may not speak for it.</exception>
    void Admit(GrpcServerCall call, string node);
}
