using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>Creates the exceptions of calls that fail.</summary>
public static class CallError
{
    /// <summary>
    /// Returns an exception whose message is only the status's detail.
    /// A handler that throws it answers with the status; a caller receives it.
    /// </summary>
    public static RpcException Of(StatusCode code, string message, Exception? cause = null) =>
        new(new global::Grpc.Core.Status(code, message, cause), message);
}
