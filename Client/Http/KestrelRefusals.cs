using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Gives bodies to what Kestrel refuses by itself. A request that is not HTTP never reaches the application; Kestrel
/// answers it with a bare status, and the contract promises a problem.
/// </summary>
public static class KestrelRefusals
{
    /// <summary>
    /// Leaves the bound of a body to the calls. Kestrel's own bound would also forbid it to take in what is left of a
    /// refused body, and a caller that still sends would lose the answer to a reset connection.
    /// </summary>
    public static void LeaveBodyBounds(this KestrelServerOptions options) => options.Limits.MaxRequestBodySize = null;

    /// <summary>Applies it to every endpoint that is configured after this, and leaves bounds to the calls
    /// themselves.</summary>
    public static void ConfigureGateway(this KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.RequestHeadersTimeout = RequestBody.LongestStall;
        options.LeaveBodyBounds();
        options.ConfigureEndpointDefaults(static listen => listen.UseProblemBodies());
    }

    /// <summary>
    /// Applies it to one endpoint; with TLS, call it after <c>UseHttps</c>. The application must call
    /// <see cref="UseOwnAnswers"/>, or the bodies of its responses can be taken for refusals.
    /// </summary>
    public static void UseProblemBodies(this ListenOptions listen) => listen.Use(static next => connection =>
    {
        var writer = new RefusalWriter(connection.Transport.Output);
        connection.Features.Set(writer);
        connection.Transport = new Transport(connection.Transport.Input, writer);
        return next(connection);
    });

    /// <summary>Leaves a connection's bytes alone while the application answers. The first middleware.</summary>
    internal static IApplicationBuilder UseOwnAnswers(this IApplicationBuilder app) => app.Use(static next => context =>
    {
        if (context.Features.Get<RefusalWriter>() is { } writer)
        {
            writer.LeaveToApplication();
            // With HTTP/2, other requests of the connection may be under way; its frames are never taken for refusals.
            if (context.Request.Protocol == HttpProtocol.Http11)
                context.Response.OnCompleted(static writer => ((RefusalWriter)writer).TakeBack(), writer);
        }

        return next(context);
    });

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
