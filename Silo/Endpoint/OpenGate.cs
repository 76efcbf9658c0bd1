using OrleansTasks.Grpc.Server;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Lets everybody in: for an address that only this machine can reach.</summary>
internal sealed class OpenGate : INodeGate
{
    /// <inheritdoc/>
    public ValueTask<NodeCertificate?> Open(GrpcServerCall call) => default;

    /// <inheritdoc/>
    public ValueTask Admit(GrpcServerCall call, string node) => ValueTask.CompletedTask;
}
