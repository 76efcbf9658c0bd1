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

/// <summary>Answers the protocol's requests with calls of the HTTP API.</summary>
/// <param name="tools">The tools.</param>
/// <param name="calls">Makes the calls.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="accessor">The request that is being answered.</param>
/// <param name="logger">Logs faults of this service.</param>
internal sealed partial class McpCalls(
    McpTools tools, OwnCalls calls, AnswerBudget answers, IHttpContextAccessor accessor, ILogger<McpCalls> logger)
{
    // The memory that a byte of an answer takes while the answer is shortened.
    private const int BytesPerByte = 8;

    /// <summary>
    /// How long a client may cache the tool list. Keys seldom change, and a call without the scope still gets a clear
    /// refusal.
    /// </summary>
    private static readonly TimeSpan ListLifetime = TimeSpan.FromMinutes(5);

    private HttpContext Caller => accessor.HttpContext
        ?? throw new InvalidOperationException("A message is answered outside its request.");

    /// <summary>Adds the handlers to a server.</summary>
    public void AddTo(McpServerOptions options)
    {
        options.Handlers.ListToolsHandler = (request, cancellation) => List(request.JsonRpcRequest, cancellation);
// The library marks everything about tasks as experimental, and offers no other way to use them.
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
        if (await Find(name, request.JsonRpcRequest, cancellation) is not { } tool)
        {
            throw new McpProtocolException(
                $"Unknown tool '{StrictReader.Quote(name)}'; tools/list lists all tools.", McpErrorCode.InvalidParams);
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

    private async Task<McpTool?> Find(string name, JsonRpcRequest request, CancellationToken cancellation)
    {
        if (tools.Find(name) is { } known)
            return known;
        if (!DefinitionTool.IsName(name))
            return null;
        var definitions = await tools.OfDefinitions(call => Send(request, call, cancellation));
        return definitions.FirstOrDefault(tool => tool.Name == name);
    }

    private async ValueTask<ListToolsResult> List(JsonRpcRequest request, CancellationToken cancellation)
    {
        var scopes = (Caller.Features.Get<ICallerFeature>() as Caller)?.Key.Scopes;
        var own = tools.All.Where(tool => scopes is null || (tool.Scope & ~scopes.Value) == Scopes.None);
        // The scope run allows runs without the scope that other calls of this kind need.
        var mayRun = scopes is null || (scopes.Value & (Scopes.Submit | Scopes.Run)) != Scopes.None;
        var definitions = mayRun ? await tools.OfDefinitions(call => Send(request, call, cancellation)) : [];
        return new ListToolsResult
        {
            Tools = [.. own.Concat(definitions).Select(static tool => tool.Entry)],
            CacheScope = CacheScope.Private,
            TimeToLive = ListLifetime,
        };
    }

    private async Task<JsonObject> GetTask(JsonRpcRequest request, string id, CancellationToken cancellation) =>
        McpTasks.StateOf(McpTasks.Read(await Send(request, McpTools.TaskOf(id), cancellation)));

    // The protocol requires an acknowledgement even if the task has already ended, so a 409 is not an error here.
    private async Task<JsonObject> CancelTask(JsonRpcRequest request, string id, CancellationToken cancellation)
    {
        var path = McpTools.TaskOf(id).Path + "/cancel";
        var answer = await Send(request, new OwnCall("POST", path), cancellation);
        if (answer.Status != StatusCodes.Status409Conflict)
            McpTasks.Read(answer);
        return McpTasks.Acknowledgement();
    }

    // A task never asks its caller for input, and the protocol requires that unrequested input is ignored.
    private async Task<JsonObject> UpdateTask(JsonRpcRequest request, string id, CancellationToken cancellation)
    {
        McpTasks.Read(await Send(request, McpTools.TaskOf(id), cancellation));
        return McpTasks.Acknowledgement();
    }

    private async Task<OwnAnswer> Send(JsonRpcRequest request, OwnCall call, CancellationToken cancellation)
    {
        var caller = Caller;
        // The audit names the key. This adds the program that used it, unless the caller sent its own claim.
        var answer = await calls.Send(caller, caller.Request.Headers.ContainsKey(RequestOrigin.ActorHeader)
            ? call
            : call with { Headers = [.. call.Headers, (RequestOrigin.ActorHeader, ActorOf(request.Context?.ClientInfo?.Name))] },
            cancellation);
        // Until the tool has answered, the answer is in memory, as JSON and as the objects that it is cut from.
        if (answer.Body?.Length > AnswerBudget.Small)
            await answers.HoldMade(
                caller, answer.Body.Length, BytesPerByte * answer.Body.Length,
                isAdmitted: !Methods.IsRead(call.Method));
        return answer;
    }

    [LoggerMessage(EventId = 5261, Level = LogLevel.Error, Message = "The tool {Tool} failed, trace {Trace}.")]
    private partial void LogFailed(string tool, string trace, Exception fault);

    private static string ActorOf(string? client) =>
        client is not null && Origin.Fits($"mcp {client}", Origin.LongestActor) ? $"mcp {client}" : "mcp";
}
