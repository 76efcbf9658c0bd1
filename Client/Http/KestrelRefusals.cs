using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Adds problem bodies to Kestrel's own refusals. A request that is not valid HTTP never reaches the application:
/// Kestrel answers with a status only, but the contract promises a problem.
/// </summary>
public static class KestrelRefusals
{
    /// <summary>
    /// Turns off Kestrel's limit on body sizes; each call has its own. With Kestrel's limit, the server could not read
    /// the rest of a refused body, and a caller that is still sending would lose the answer to a connection reset.
    /// </summary>
    public static void LeaveBodyBounds(this KestrelServerOptions options) => options.Limits.MaxRequestBodySize = null;

    /// <summary>Adds problem bodies to every endpoint configured later, and turns off Kestrel's body limit.</summary>
    public static void ConfigureGateway(this KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.RequestHeadersTimeout = RequestBody.LongestStall;
        options.LeaveBodyBounds();
        options.ConfigureEndpointDefaults(static listen => listen.UseProblemBodies());
    }

    /// <summary>
    /// Adds problem bodies to one endpoint. With TLS, call it after <c>UseHttps</c>. The application must call
    /// <see cref="UseOwnAnswers"/>; otherwise its own responses could be mistaken for refusals.
    /// </summary>
    public static void UseProblemBodies(this ListenOptions listen) => listen.Use(static next => connection =>
    {
        var writer = new RefusalWriter(connection.Transport.Output);
        connection.Features.Set(writer);
        connection.Transport = new Transport(connection.Transport.Input, writer);
        return next(connection);
    });

    /// <summary>
    /// Passes a connection's bytes on unchanged while the application answers. Must be the first middleware.
    /// </summary>
    internal static IApplicationBuilder UseOwnAnswers(this IApplicationBuilder app) => app.Use(static next => context =>
    {
        if (context.Features.Get<RefusalWriter>() is { } writer)
        {
            writer.LeaveToApplication();
            // With HTTP/2, other requests of the connection may be open, so do not reset. Its frames never look like
            // refusals.
            if (context.Request.Protocol == HttpProtocol.Http11)
                context.Response.OnCompleted(static writer => ((RefusalWriter)writer).TakeBack(), writer);
        }

        return next(context);
    });

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
