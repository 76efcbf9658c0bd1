using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Client;

/// <summary>What a call's end means, by gRPC's mapping of HTTP's statuses and of HTTP/2's error codes.</summary>
internal static class ResponseStatus
{
    private const long RefusedStream = 0x7;
    private const long Cancel = 0x8;
    private const long EnhanceYourCalm = 0xb;
    private const long InadequateSecurity = 0xc;

    /// <summary>Throws when the answer cannot be read as gRPC, or is a status alone that is no success.</summary>
    internal static void ThrowUnlessGrpc(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues(GrpcHeaders.Status, out _))
            Throw(response.Headers);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(Of(response.StatusCode), $"The server answered with HTTP status {(int)response.StatusCode}.");
        if (!GrpcHeaders.IsGrpc(response.Content.Headers.ContentType?.ToString()))
            throw new GrpcException(
                GrpcStatus.Unknown, $"The server answered with '{response.Content.Headers.ContentType}', which is not gRPC.");
    }

    /// <summary>Throws unless the trailers say that the call succeeded.</summary>
    internal static void ThrowUnlessOk(HttpResponseMessage response)
    {
        if (!response.TrailingHeaders.TryGetValues(GrpcHeaders.Status, out _)
            && response.Headers.TryGetValues(GrpcHeaders.Status, out _))
            Throw(response.Headers);
        else
            Throw(response.TrailingHeaders);
    }

    /// <summary>What a broken connection or stream means.</summary>
    internal static Exception Of(Exception failure) => failure switch
    {
        GrpcException => failure,
        // How the HTTP client says that its ConnectTimeout has passed.
        OperationCanceledException { InnerException: TimeoutException } =>
            new GrpcException(GrpcStatus.Unavailable, "No connection could be made in time.", failure),
        OperationCanceledException => new GrpcException(GrpcStatus.Unavailable, "The connection was closed.", failure),
        _ when ResetOf(failure) is { } reset => new GrpcException(Of(reset), $"The server reset the call: {failure.Message}", failure),
        ObjectDisposedException => new GrpcException(GrpcStatus.Unavailable, "The connection was closed.", failure),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new GrpcException(GrpcStatus.Unavailable, $"TLS failed: {(failure.InnerException ?? failure).Message}", failure),
        _ => new GrpcException(GrpcStatus.Unavailable, failure.Message, failure),
    };

    private static void Throw(HttpResponseHeaders from)
    {
        var text = from.TryGetValues(GrpcHeaders.Status, out var values) ? values.First() : null;
        if (text is null || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new GrpcException(GrpcStatus.Unknown, "The server ended the call without a status.");
        if (status == 0)
            return;
        var message = from.TryGetValues(GrpcHeaders.Message, out var messages) ? StatusText.Decode(messages.First()) : "";
        throw new GrpcException(status <= 16 ? (GrpcStatus)status : GrpcStatus.Unknown, message);
    }

    private static GrpcStatus Of(HttpStatusCode status) => (int)status switch
    {
        400 => GrpcStatus.Internal,
        401 => GrpcStatus.Unauthenticated,
        403 => GrpcStatus.PermissionDenied,
        404 => GrpcStatus.Unimplemented,
        429 or 502 or 503 or 504 => GrpcStatus.Unavailable,
        _ => GrpcStatus.Unknown,
    };

    private static GrpcStatus Of(long reset) => reset switch
    {
        // Without an error it is the connection that ends, as a server does that stops.
        0 or RefusedStream => GrpcStatus.Unavailable,
        Cancel => GrpcStatus.Cancelled,
        EnhanceYourCalm => GrpcStatus.ResourceExhausted,
        InadequateSecurity => GrpcStatus.PermissionDenied,
        _ => GrpcStatus.Internal,
    };

    private static long? ResetOf(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is HttpProtocolException fault)
                return fault.ErrorCode;
        return null;
    }
}
