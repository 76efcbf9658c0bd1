using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>Makes the exceptions of calls that do not succeed.</summary>
public static class CallError
{
    /// <summary>
    /// An exception whose message is the status's detail alone. A handler that throws it answers with the status; a caller gets it.
    /// </summary>
    public static RpcException Of(StatusCode code, string message, Exception? cause = null) =>
        new(new global::Grpc.Core.Status(code, message, cause), message);
}
