using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Mcp;

/// <summary>Answers the protocol's requests by calls of the HTTP API.</summary>
/// <param name="tools">The tools.</param>
/// <param name="calls">Makes the calls.</param>
/// <param name="accessor">The request that is being answered.</param>
/// <param name="logger">Hears of what goes wrong here.</param>
internal sealed partial class McpCalls(
    McpTools tools, OwnCalls calls, IHttpContextAccessor accessor, ILogger<McpCalls> logger)
{
    /// <summary>How long a client may keep the list of tools: keys seldom change, and a refusal says more than a list.</summary>
    private static readonly TimeSpan ListLifetime = TimeSpan.FromMinutes(5);

    private HttpContext Caller => accessor.HttpContext
        ?? throw new InvalidOperationException("A message is answered outside its request.");

    /// <summary>Adds the handlers to a server.</summary>
    public void AddTo(McpServerOptions options)
    {
        options.Handlers.ListToolsHandler = (_, _) => ValueTask.FromResult(List());
// The libraries call everything about tasks experimental; there is no other way to it.
#pragma warning disable MCPEXP002
        options.Handlers.CallToolWithAlternateHandler = Call;
        options.RequestHandlers =
        [
            Tasks("tasks/get", GetTask), Tasks("tasks/cancel", CancelTask), Tasks("tasks/update", UpdateTask),
        ];

        static McpServerRequestHandler Tasks(
            string method, Func<JsonRpcRequest, string, CancellationToken, Task<JsonObject>> handler) => new()
            {
                Method = method,
                RoutingNameParameter = "taskId",
                Handler = async (request, cancellation) =>
                    await handler(request.JsonRpcRequest, McpTasks.IdOf(request.JsonRpcRequest), cancellation),
            };
    }

    private async ValueTask<ResultOrAlternate<CallToolResult>> Call(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellation)
    {
        var name = request.Params?.Name ?? "";
        if (tools.Find(name) is not { } tool)
        {
            throw new McpProtocolException(
                $"There is no tool '{StrictReader.Quote(name)}'; tools/list names all.", McpErrorCode.InvalidParams);
        }

        try
        {
            var outcome = await tool.Call(new McpRequest(
                new McpArguments(request.Params?.Arguments), McpTasks.AreTaken(request.JsonRpcRequest),
                call => Send(request.JsonRpcRequest, call, cancellation)));
            return outcome.Created is { } created
                ? ResultOrAlternate<CallToolResult>.FromAlternate(created, McpTasks.CreatedType)
                : outcome.Result!;
        }
        catch (ProblemException refusal)
        {
            return McpResults.Of(refusal.Problem);
        }
        catch (Exception fault) when (fault is not (McpException or OperationCanceledException))
        {
            LogFailed(name, ProblemWriter.TraceOf(Caller), fault);
            return McpResults.Of(Problems.InternalError());
        }
    }
#pragma warning restore MCPEXP002

    private ListToolsResult List()
    {
        var scopes = (Caller.Features.Get<ICallerFeature>() as Caller)?.Key.Scopes;
        return new ListToolsResult
        {
            Tools = [.. tools.All.Where(tool => scopes is null || (tool.Scope & ~scopes.Value) == Scopes.None)
                .Select(static tool => tool.Description)],
            CacheScope = CacheScope.Private,
            TimeToLive = ListLifetime,
        };
    }

    private async Task<JsonObject> GetTask(JsonRpcRequest request, string id, CancellationToken cancellation) =>
        McpTasks.StateOf(McpTasks.Read(await Send(request, McpTools.TaskOf(id), cancellation)));

    // A task that has ended stays as it is, and the protocol wants to hear that the request came.
    private async Task<JsonObject> CancelTask(JsonRpcRequest request, string id, CancellationToken cancellation)
    {
        var path = McpTools.TaskOf(id).Path + "/cancel";
        var answer = await Send(request, new OwnCall("POST", path), cancellation);
        if (answer.Status != StatusCodes.Status409Conflict)
            McpTasks.Read(answer);
        return McpTasks.Acknowledgement();
    }

    // A task never asks its caller anything, and answers that nothing has asked for are to be ignored.
    private async Task<JsonObject> UpdateTask(JsonRpcRequest request, string id, CancellationToken cancellation)
    {
        McpTasks.Read(await Send(request, McpTools.TaskOf(id), cancellation));
        return McpTasks.Acknowledgement();
    }

    private Task<OwnAnswer> Send(JsonRpcRequest request, OwnCall call, CancellationToken cancellation)
    {
        var caller = Caller;
        // The audit names the key; this says by which program it was used, unless the caller says something else.
        return calls.Send(caller, caller.Request.Headers.ContainsKey(RequestOrigin.ActorHeader)
            ? call
            : call with { Headers = [.. call.Headers, (RequestOrigin.ActorHeader, ActorOf(request.Context?.ClientInfo?.Name))] },
            cancellation);
    }

    [LoggerMessage(EventId = 5261, Level = LogLevel.Error, Message = "The tool {Tool} failed, trace {Trace}.")]
    private partial void LogFailed(string tool, string trace, Exception fault);

    private static string ActorOf(string? client) =>
        client is not null && Origin.Fits($"mcp {client}", Origin.LongestActor) ? $"mcp {client}" : "mcp";
}
