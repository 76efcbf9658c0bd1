using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>
/// Answers gRPC calls that a web server has received. What a handler throws becomes the call's status: a <see
/// cref="GrpcException"/> its own, an <see cref="ArgumentException"/> INVALID_ARGUMENT, others what
/// <paramref name="statusOf"/> says, and UNKNOWN without a word of why.
/// </summary>
/// <param name="routes">The methods.</param>
/// <param name="statusOf">The status of an exception that the application knows; null: it does not.</param>
/// <param name="time">Counts deadlines.</param>
/// <param name="stopping">Cancelled when the server stops: streams then end as UNAVAILABLE.</param>
/// <param name="logger">Told of what no caller is told.</param>
internal sealed partial class GrpcServer(
    GrpcRoutes routes, Func<Exception, GrpcException?> statusOf, TimeProvider time, CancellationToken stopping,
    ILogger<GrpcServer> logger) : IHttpApplication<HttpContext>
{
    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        if (!GrpcHeaders.IsGrpc(context.Request.ContentType) || !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        // Bodies of calls are as long, and as slow, as they are.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        context.Response.ContentType = GrpcHeaders.ContentType;
        var failure = await Answer(context);
        if (!context.RequestAborted.IsCancellationRequested)
            End(context, failure);
    }

    private async Task<GrpcException?> Answer(HttpContext context)
    {
        if (routes.Find(context.Request.Path.Value ?? "") is not { } handler)
            return new GrpcException(GrpcStatus.Unimplemented, $"There is no method {context.Request.Path.Value}.");
        if (context.Request.Headers[GrpcHeaders.Encoding] is { Count: > 0 } encoding && encoding != GrpcHeaders.Identity)
        {
            context.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
            return new GrpcException(GrpcStatus.Unimplemented, $"The encoding '{encoding}' is not spoken, only 'identity'.");
        }

        TimeSpan? timeout = null;
        if (context.Request.Headers[GrpcHeaders.Timeout] is { Count: > 0 } text)
        {
            if (!GrpcTimeout.TryParse(text.ToString(), out var given))
                return new GrpcException(GrpcStatus.Internal, $"grpc-timeout is '{text}', which is no timeout.");
            timeout = given;
        }

        return await Answer(context, handler, timeout);
    }

    private async Task<GrpcException?> Answer(HttpContext context, GrpcHandler handler, TimeSpan? timeout)
    {
        using var deadline = timeout is { } span ? new CancellationTokenSource(Bounded(span), time) : null;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, stopping, deadline?.Token ?? CancellationToken.None);
        try
        {
            var call = new GrpcServerCall(context, both.Token);
            if (routes.Opening is { } opening)
                await opening(call);
            await handler.Answer(context, call);
            return null;
        }
        catch (Exception failure)
        {
            if (context.RequestAborted.IsCancellationRequested)
                return null;
            if (deadline?.IsCancellationRequested == true)
                return new GrpcException(GrpcStatus.DeadlineExceeded, "The call took longer than its caller allowed.");
            return failure switch
            {
                GrpcException own => own,
                ArgumentException fault => new GrpcException(GrpcStatus.InvalidArgument, fault.Message),
                OperationCanceledException when stopping.IsCancellationRequested =>
                    new GrpcException(GrpcStatus.Unavailable, "The service stops."),
                OperationCanceledException => new GrpcException(GrpcStatus.Cancelled, "The call was cancelled."),
                _ => statusOf(failure) ?? Unexpected(context, failure),
            };
        }
    }

    private GrpcException Unexpected(HttpContext context, Exception failure)
    {
        CallFailed(failure, context.Request.Path.Value ?? "");
        return new GrpcException(GrpcStatus.Unknown, "The call failed; the service's log says why.");
    }

    private static void End(HttpContext context, GrpcException? failure)
    {
        // Without anything said before, the status is sent as headers that end the stream at once.
        var target = context.Response.HasStarted || failure is null
            ? context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers
            : context.Response.Headers;
        target[GrpcHeaders.Status] = ((int)(failure?.Status ?? GrpcStatus.Ok)).ToString(CultureInfo.InvariantCulture);
        if (failure is not null)
            target[GrpcHeaders.Message] = StatusText.Encode(failure.Message);
    }

    // What timers can count; beyond it a call has as good as no deadline.
    private static TimeSpan Bounded(TimeSpan timeout) => timeout < TimeSpan.FromDays(40) ? timeout : TimeSpan.FromDays(40);
}
