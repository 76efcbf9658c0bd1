using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// The Model Context Protocol at <c>/mcp</c>. Each message is one request, and no state is kept between messages. Any
/// key may call it; a tool needs the scopes of the calls that it makes.
/// </summary>
public static class McpRoutes
{
    /// <summary>The endpoint's path.</summary>
    public const string Path = "/mcp";

    /// <summary>Maps the endpoint.</summary>
    public static void MapMcpServer(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var time = services.GetRequiredService<TimeProvider>();
        // Created by the first message, so that a service without MCP clients does not load the protocol's libraries.
        var server = new Lazy<RequestDelegate>(() => McpHost.Build(services));
        routes.MapPost(Path, async context =>
            {
                // Read the body here, because the limits and refusals of bodies are the same as for every call.
                var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
                context.Request.Body = new MemoryStream(body, writable: false);
                await server.Value(context);
            })
            .WithMetadata(RequiredScope.AnyKey, PassesCallsOn.Instance)
            .WithDisplayName($"POST {Path}");
    }
}
