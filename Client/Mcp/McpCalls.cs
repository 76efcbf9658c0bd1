using System.Runtime.CompilerServices;
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
    private const long BytesPerByte = 8;

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
        await foreach (var tool in OfDefinitions(request, cancellation))
        {
            if (tool.Name == name)
                return tool;
        }

        return null;
    }

    private async ValueTask<ListToolsResult> List(JsonRpcRequest request, CancellationToken cancellation)
    {
        var scopes = (Caller.Features.Get<ICallerFeature>() as Caller)?.Key.Scopes;
        var own = tools.All.Where(tool => scopes is null || (tool.Scope & ~scopes.Value) == Scopes.None);
        // The scope run allows runs without the scope that other calls of this kind need.
        var mayRun = scopes is null || (scopes.Value & (Scopes.Submit | Scopes.Run)) != Scopes.None;
        var entries = own.Select(static tool => tool.Entry).ToList();
        if (mayRun)
            await AddDefinitions(entries, request, cancellation);
        return new ListToolsResult
        {
            Tools = entries,
            CacheScope = CacheScope.Private,
            TimeToLive = ListLifetime,
        };
    }

    // Parameters can have many choices, so the size limit of a list applies to the tools of definitions together.
    private async Task AddDefinitions(List<Tool> entries, JsonRpcRequest request, CancellationToken cancellation)
    {
        var length = 0;
        await foreach (var tool in OfDefinitions(request, cancellation))
        {
            var more = tool.Purpose.Length + tool.Entry.InputSchema.GetRawText().Length;
            if (length + more > ServiceLimits.ListBytes)
                break;
            entries.Add(tool.Entry);
            length += more;
        }

        if (length > AnswerBudget.Small)
            await answers.HoldMade(Caller, length, BytesPerByte * length, isAdmitted: false);
    }

    // Gives back the room of a page before it reads the next one. A call that has room and waits for more could wait
    // for itself.
    private async IAsyncEnumerable<McpTool> OfDefinitions(
        JsonRpcRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        IDisposable? room = null;
        try
        {
            await foreach (var tool in tools.OfDefinitions(ReadPage))
                yield return tool;
        }
        finally
        {
            room?.Dispose();
        }

        async Task<OwnAnswer> ReadPage(OwnCall call)
        {
            room?.Dispose();
            var page = await Make(request, call, cancellation);
            if (page.Body?.Length > AnswerBudget.Small)
                room = await answers.Hold(Caller, BytesPerByte * page.Body.Length);
            return page;
        }
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
        var answer = await Make(request, call, cancellation);
        // Until the tool has answered, the answer is in memory, as JSON and as the objects that it is cut from.
        if (answer.Body?.Length > AnswerBudget.Small)
            await answers.HoldMade(
                Caller, answer.Body.Length, BytesPerByte * answer.Body.Length,
                isAdmitted: !Methods.IsRead(call.Method));
        return answer;
    }

    // The audit names the key. This adds the program that used it, unless the caller sent its own claim.
    private Task<OwnAnswer> Make(JsonRpcRequest request, OwnCall call, CancellationToken cancellation)
    {
        var caller = Caller;
        return calls.Send(caller, caller.Request.Headers.ContainsKey(RequestOrigin.ActorHeader)
            ? call
            : call with
            {
                Headers = [.. call.Headers, (RequestOrigin.ActorHeader, ActorOf(request.Context?.ClientInfo?.Name))],
            },
            cancellation);
    }

    [LoggerMessage(EventId = 5261, Level = LogLevel.Error, Message = "The tool {Tool} failed, trace {Trace}.")]
    private partial void LogFailed(string tool, string trace, Exception fault);

    private static string ActorOf(string? client) =>
        client is not null && Origin.Fits($"mcp {client}", Origin.LongestClaim) ? $"mcp {client}" : "mcp";
}
