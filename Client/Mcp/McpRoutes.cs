using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// The Model Context Protocol at <c>/mcp</c>: one request a message, and nothing is kept between two. Any key may call; what
/// its tools do needs the scopes of the calls that they make.
/// </summary>
public static class McpRoutes
{
    /// <summary>Where it is.</summary>
    public const string Path = "/mcp";

    /// <summary>Maps it.</summary>
    public static void MapMcpServer(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var time = services.GetRequiredService<TimeProvider>();
        // Made by the first message, so that a service without MCP clients loads none of the protocol's libraries.
        var server = new Lazy<RequestDelegate>(() => McpHost.Build(services));
        routes.MapPost(Path, async context =>
            {
                // Read here, because the bounds and refusals of bodies are those of every call.
                var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
                context.Request.Body = new MemoryStream(body, writable: false);
                await server.Value(context);
            })
            .WithMetadata(RequiredScope.AnyKey, PassesCallsOn.Instance)
            .WithDisplayName($"POST {Path}");
    }
}
