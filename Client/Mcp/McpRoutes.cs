using System.Text.Json;
using ModelContextProtocol;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

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
                if (FaultOf(body) is { } fault)
                {
                    await Refuse(context, fault);
                    return;
                }

                context.Request.Body = new MemoryStream(body, writable: false);
                await server.Value(context);
            })
            .WithMetadata(RequiredScope.AnyKey, PassesCallsOn.Instance)
            .WithDisplayName($"POST {Path}");
    }

    // The libraries take bytes that are not UTF-8 and, of an argument that is given twice, the last one. Other calls do
    // not.
    private static string? FaultOf(byte[] body)
    {
        try
        {
            var reader = new StrictReader(body, new SpecErrors());
            reader.Read();
            reader.Skip();
            reader.Finish();
            return null;
        }
        catch (JsonException fault)
        {
            return StrictReader.Describe(fault);
        }
    }

    // An error of the protocol, as the libraries answer a message that they cannot read. Its id is unknown.
    private static Task Refuse(HttpContext context, string fault)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("jsonrpc"u8, "2.0"u8);
        json.Writer.WriteNull("id"u8);
        json.Writer.WriteStartObject("error"u8);
        json.Writer.WriteNumber("code"u8, (int)McpErrorCode.InvalidRequest);
        json.Writer.WriteString("message"u8, Problems.MalformedJson(fault).Detail);
        json.Writer.WriteEndObject();
        json.Writer.WriteEndObject();
        return json.Send(context.Response);
    }
}
