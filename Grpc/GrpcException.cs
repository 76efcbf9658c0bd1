namespace OrleansTasks.Grpc;

/// <summary>
/// A call that did not succeed. A server's handler throws it to answer with a status; a client's call throws it when that is
/// what came back, or when the other end could not be reached.
/// </summary>
public sealed class GrpcException : Exception
{
    /// <summary>Makes one of status <see cref="GrpcStatus.Unknown"/> without a message of its own.</summary>
    public GrpcException() : this(GrpcStatus.Unknown, "The call failed.") { }

    /// <summary>Makes one of status <see cref="GrpcStatus.Unknown"/>.</summary>
    public GrpcException(string message) : this(GrpcStatus.Unknown, message) { }

    /// <summary>Makes one of status <see cref="GrpcStatus.Unknown"/> that keeps its cause.</summary>
    public GrpcException(string message, Exception? cause) : this(GrpcStatus.Unknown, message, cause) { }

    /// <summary>Makes one; the message crosses the wire.</summary>
    public GrpcException(GrpcStatus status, string message, Exception? cause = null)
        : base(message, cause) => Status = status;

    /// <summary>How the call ended.</summary>
    public GrpcStatus Status { get; }
}
