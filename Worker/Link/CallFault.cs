using Grpc.Core;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// Translates the failures of calls. A broken connection is UNAVAILABLE, with the cause in the message.
/// </summary>
internal static class CallFault
{
    private const string Closed = "The connection was closed.";

    /// <summary>Returns the exception to throw for one that gRPC's client threw.</summary>
    /// <param name="failure">The exception of the client.</param>
    /// <param name="caller">The token with which the caller cancels the call.</param>
    internal static Exception Of(Exception failure, CancellationToken caller) => failure switch
    {
        _ when caller.IsCancellationRequested => new OperationCanceledException("The call was cancelled.", failure, caller),
        RpcException { Status.DebugException: { } cause } call => OfCause(cause, call.StatusCode),
        RpcException { StatusCode: StatusCode.DeadlineExceeded } =>
            CallError.Of(StatusCode.DeadlineExceeded, "The server did not answer in time.", failure),
        RpcException call => CallError.Of(call.StatusCode, call.Status.Detail),
        _ => OfCause(failure, StatusCode.Unavailable),
    };

    private static RpcException OfCause(Exception cause, StatusCode code) => cause switch
    {
        // The HTTP client's exception when its ConnectTimeout has passed.
        OperationCanceledException when Find<TimeoutException>(cause) is not null =>
            CallError.Of(StatusCode.Unavailable, "The connection could not be opened in time.", cause),
        _ when Find<HttpProtocolException>(cause) is { } reset =>
            // Without an error code it is the connection that ends, for example because the server stops.
            CallError.Of(reset.ErrorCode == 0 ? StatusCode.Unavailable : code, $"The server reset the call: {reset.Message}", cause),
        OperationCanceledException or ObjectDisposedException => CallError.Of(StatusCode.Unavailable, Closed, cause),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            CallError.Of(StatusCode.Unavailable, $"TLS failed: {(cause.InnerException ?? cause).Message}", cause),
        HttpRequestException or IOException => CallError.Of(StatusCode.Unavailable, cause.Message, cause),
        _ => CallError.Of(code, cause.Message, cause),
    };

    private static T? Find<T>(Exception failure)
        where T : Exception
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is T found)
                return found;
        return null;
    }
}
