using OrleansTasks.Grpc;

namespace OrleansTasks.Worker.Agent;

/// <summary>Tells calls that failed as calls over a network do from those that failed of a fault.</summary>
internal static class CallFailure
{
    /// <summary>The exception when its stack says something; null when its message is all there is to know.</summary>
    internal static Exception? Fault(Exception failure) => failure is GrpcException or TimeoutException ? null : failure;
}
